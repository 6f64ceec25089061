export { createRealtimeService, type RealtimeDeps } from './app';
export { loadConfig, type RealtimeConfig } from './config';
