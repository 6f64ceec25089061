export { createEventsService } from './app';
export { env as configSchema, loadConfig, type EventsConfig } from './config';
