import { setup } from './setup.mjs';

setup();
await import('../bench/dist/main.js');
