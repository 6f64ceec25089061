import { openServiceBus } from '@linsta/bus';
import { runService } from '@linsta/service';
import { createUsersService } from './app';
import { env } from './config';

void runService({ name: 'users', schema: env, create: createUsersService, openBus: openServiceBus });
