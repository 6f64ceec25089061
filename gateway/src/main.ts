import { createLogger } from '@linsta/core';
import { runProcess } from '@linsta/service';
import { createGatewayService } from './app';
import { loadConfig } from './config';

const logger = createLogger('gateway', process.env.LOG_LEVEL);
void runProcess(logger, () => createGatewayService(loadConfig(process.env), { logger }));
