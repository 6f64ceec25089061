import { join } from 'node:path';
import { root, setup } from './setup.mjs';

setup();
await import(join(root, 'tests', 'chaos', 'dist', 'main.js'));
