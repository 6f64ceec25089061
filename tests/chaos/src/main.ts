import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { countOf } from './checkers';
import { ROOT, stopEnvironments } from './environment';
import { runAttack } from './attack/run-attack';
import { runLikes } from './likes';
import { runOutages } from './outages';
import { runChaos } from './run';

const USAGE = `npm run chaos -- [--seed N] [--minutes 5] [--users 50] [--scale chat=2,realtime=2,notification=2,gateway=2] [--faults kill,servers,network] [--every 10] [--outage 10]
npm run chaos -- likes [--seed N] [--count 10000]
npm run chaos -- outages [--outage 30] [--how down|silent]
npm run chaos -- attack [--users 50] [--minutes 10]`;
const say = (sentence: string) => void process.stdout.write(`${new Date().toISOString().slice(11, 19)} ${sentence}\n`);

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      seed: { type: 'string', default: String(Math.floor(Math.random() * 1e6)) },
      minutes: { type: 'string', default: '5' },
      users: { type: 'string', default: '50' },
      scale: { type: 'string', default: 'gateway=2,realtime=2,chat=2,notification=2' },
      faults: { type: 'string', default: 'kill' },
      every: { type: 'string', default: '10' },
      outage: { type: 'string', default: '10' },
      count: { type: 'string', default: '10000' },
      how: { type: 'string', default: 'down' },
    },
  });
  const seed = Number(values.seed);
  const scale = Object.fromEntries(values.scale.split(',').map((entry) => [entry.split('=')[0] ?? '', Number(entry.split('=')[1] ?? 1)]));
  const [what] = positionals;
  const finish = ({ right, text }: { right: boolean; text: string }) => {
    process.stdout.write(`${text}\n`);
    return right ? 0 : 1;
  };
  if (what === 'likes') return finish(await runLikes({ seed, count: Number(values.count), say }));
  if (what === 'attack') return finish(await runAttack({ users: Number(values.users), minutes: Number(values.minutes), say }));
  if (what === 'outages') {
    const how = values.how === 'silent' ? 'silent' : 'down';
    return finish(await runOutages({ seed, users: Number(values.users), outageSeconds: Number(values.outage), how, scale, say }));
  }
  if (what !== undefined) throw new Error(`${what}?\n${USAGE}`);
  const historyPath = join(ROOT, '.linsta', 'chaos', `${seed}.jsonl`);
  const { report, text } = await runChaos({
    seed,
    minutes: Number(values.minutes),
    users: Number(values.users),
    everySeconds: Number(values.every),
    outageSeconds: Number(values.outage),
    faults: values.faults.split(','),
    scale,
    historyPath,
    say,
  });
  process.stdout.write(`${text}\nhistory: ${historyPath}\n`);
  return countOf(report) === 0 ? 0 : 1;
}
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    say('stopping what was started');
    void stopEnvironments().then(() => process.exit(130));
  });
main().then(
  (status) => process.exit(status),
  (error: Error) => {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  },
);
