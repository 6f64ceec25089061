import { runAlone } from '@linsta/server';
import { createPostsService } from './app';
import { loadConfig } from './config';

void runAlone('posts', loadConfig, createPostsService);
