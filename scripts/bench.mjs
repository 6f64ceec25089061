import { setup } from './setup.mjs';

setup();
await import('../tools/bench/dist/main.js');
