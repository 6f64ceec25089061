export { createEventsService } from './app';
export { loadConfig, type EventsConfig } from './config';
