export { createNotificationService } from './app';
export { env as configSchema, loadConfig, type NotificationConfig } from './config';
