import { createAmqpBus } from '@linsta/bus';
import { runService } from '@linsta/service';
import { createPostsService } from './app';
import { loadConfig } from './config';

void runService({ name: 'posts', loadConfig, create: createPostsService, openBus: createAmqpBus });
