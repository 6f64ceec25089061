import { runAlone } from '@linsta/server';
import { createNotificationService } from './app';
import { loadConfig } from './config';

void runAlone('notification', loadConfig, createNotificationService);
