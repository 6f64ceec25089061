import { setup } from './setup.mjs';

setup();
await import('../embedded/mongo/dist/cli.js');
