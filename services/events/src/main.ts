import { runAlone } from '@linsta/server';
import { createEventsService } from './app';
import { loadConfig } from './config';

void runAlone('events', loadConfig, createEventsService);
