import { createLogger } from '@linsta/core';
import { reportMisspelt, runProcess } from '@linsta/service';
import { createGatewayService } from './app';
import { env, loadConfig } from './config';

const logger = createLogger('gateway', process.env.LOG_LEVEL);
void runProcess('gateway', logger, () => {
  reportMisspelt(logger, Object.keys(env.shape), process.env);
  return createGatewayService(loadConfig(process.env), { logger });
});
