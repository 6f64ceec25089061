import { createAmqpBus } from '@linsta/bus';
import { runService } from '@linsta/service';
import { createUsersService } from './app';
import { loadConfig } from './config';

void runService({ name: 'users', loadConfig, create: createUsersService, openBus: createAmqpBus });
