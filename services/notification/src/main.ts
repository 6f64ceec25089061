import { createAmqpBus } from '@linsta/bus';
import { runService } from '@linsta/service';
import { createNotificationService } from './app';
import { loadConfig } from './config';

void runService({ name: 'notification', loadConfig, create: createNotificationService, openBus: createAmqpBus });
