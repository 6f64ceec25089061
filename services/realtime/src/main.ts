import { runAlone } from '@linsta/server';
import { createRealtimeService } from './app';
import { loadConfig } from './config';

void runAlone('realtime', loadConfig, createRealtimeService);
