import { setup } from './setup.mjs';

setup();
await import('../embedded/launcher/dist/main.js');
