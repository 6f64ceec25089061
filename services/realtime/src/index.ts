export { createRealtimeService } from './app';
export { env as configSchema, loadConfig, type RealtimeConfig } from './config';
