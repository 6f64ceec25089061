import { runAlone } from '@linsta/server';
import { createUsersService } from './app';
import { loadConfig } from './config';

void runAlone('users', loadConfig, createUsersService);
