import { runAlone } from '@linsta/server';
import { createChatService } from './app';
import { loadConfig } from './config';

void runAlone('chat', loadConfig, createChatService);
