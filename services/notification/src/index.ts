export { createNotificationService } from './app';
export { loadConfig, type NotificationConfig } from './config';
