export { DEMO_ACCOUNTS } from './accounts/demo';
export { createUsersService } from './app';
export { loadConfig, type UsersConfig } from './config';
