export { createRealtimeService } from './app';
export { loadConfig, type RealtimeConfig } from './config';
