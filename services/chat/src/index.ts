export { createChatService } from './app';
export { env as configSchema, loadConfig, type ChatConfig } from './config';
