// Random schedules against the client: `npm run client-chaos [-- schedules [seed]]`. A seed that
// failed is run again by naming it.
import { randomInt } from 'node:crypto';

const [schedules = '300', seed = String(randomInt(2 ** 31))] = process.argv.slice(2);
process.env.CHAOS_SCHEDULES = schedules;
process.env.CHAOS_SEED = seed;
process.stdout.write(`${schedules} schedules, seed ${seed}\n`);
process.argv.splice(2, Infinity, 'tests/chaos/client/chaos.test', '-t', 'fail at random');
await import('./test.mjs');
