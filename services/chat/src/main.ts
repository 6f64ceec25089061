import { openServiceBus } from '@linsta/bus';
import { runService } from '@linsta/service';
import { createChatService } from './app';
import { env } from './config';

void runService({ name: 'chat', schema: env, create: createChatService, openBus: openServiceBus });
