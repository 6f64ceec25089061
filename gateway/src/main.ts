import { createLogger, runService } from '@linsta/server';
import { createGatewayService } from './app';
import { loadConfig } from './config';

const logger = createLogger('gateway', process.env.LOG_LEVEL);
void runService(logger, () => createGatewayService(loadConfig(process.env), { logger }));
