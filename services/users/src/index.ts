export { DEMO_ACCOUNTS } from './accounts/demo';
export { createUsersService } from './app';
export { env as configSchema, loadConfig, type UsersConfig } from './config';
