export { createChatService } from './app';
export { loadConfig, type ChatConfig } from './config';
