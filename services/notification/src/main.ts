import { openServiceBus } from '@linsta/bus';
import { runService } from '@linsta/service';
import { createNotificationService } from './app';
import { env } from './config';

void runService({ name: 'notification', schema: env, create: createNotificationService, openBus: openServiceBus });
