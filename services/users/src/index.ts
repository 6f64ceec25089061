export { createUsersService } from './app';
export { loadConfig, type UsersConfig } from './config';
