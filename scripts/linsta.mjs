import { join } from 'node:path';
import { root, setup } from './setup.mjs';

setup();
await import(join(root, 'tools', 'cli', 'dist', 'main.js'));
