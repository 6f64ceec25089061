import { openServiceBus } from '@linsta/bus';
import { runService } from '@linsta/service';
import { createPostsService } from './app';
import { env } from './config';

void runService({ name: 'posts', schema: env, create: createPostsService, openBus: openServiceBus });
