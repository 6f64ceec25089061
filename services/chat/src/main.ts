import { createAmqpBus } from '@linsta/bus';
import { runService } from '@linsta/service';
import { createChatService } from './app';
import { loadConfig } from './config';

void runService({ name: 'chat', loadConfig, create: createChatService, openBus: createAmqpBus });
