import { createRandom } from '@linsta/testing';
import { createProductProcess } from '../../support/product-process';
import type { Fault } from './checker';
import { runSchedule, type Plant, type SimulationResult } from './simulation';

/** Set by `npm run client-chaos`: the number of schedules; the seed is printed. */
const byHand = process.env.CHAOS_SCHEDULES !== undefined;
const SCHEDULES = Number(process.env.CHAOS_SCHEDULES ?? 2);
const SEED = Number(process.env.CHAOS_SEED ?? 20_261_125);
const AT_A_TIME = 4;
const FOR_MS = byHand ? 10_000 : 5_000;

const product = createProductProcess({
  RATE_LIMIT_PER_MINUTE: '1000000',
  USER_RATE_LIMIT_PER_MINUTE: '1000000',
  SOCKET_RATE_LIMIT_PER_MINUTE: '1000000',
  LOG_LEVEL: 'fatal',
  PING_INTERVAL_MS: '3000',
  PING_TIMEOUT_MS: '3000',
});
const port = async () => Number(new URL((await product).url).port);
beforeAll(async () => (await product).start(), 60_000);
afterAll(async () => (await product).remove());

/** At most eight faults of each kind: one cause shows in many places. */
const examplesOf = (faults: Fault[]) =>
  faults.filter((fault, at) => faults.slice(0, at).filter(({ kind }) => kind === fault.kind).length < 8);

/** Runs the schedules concurrently; the server is killed and restarted once meanwhile. */
async function runBatch(seeds: number[]): Promise<SimulationResult[]> {
  const random = createRandom((seeds[0] ?? 0) ^ 0x5eed);
  const running = Promise.all(seeds.map(async (seed) => runSchedule({ seed, port: await port(), forMs: FOR_MS, healsWithinMs: 150_000 })));
  const killed = (async () => {
    await new Promise((resolve) => setTimeout(resolve, random.between(FOR_MS / 3, FOR_MS)));
    await (await product).end('SIGKILL');
    await (await product).start();
  })();
  const [results] = await Promise.all([running, killed]);
  return results.map((result) => ({ ...result, injected: { ...result.injected, killed: 1 } }));
}

test(
  'when networks and the server fail at random, then after healing every device shows the state of the server: nothing lost, doubled or reordered',
  async () => {
    const first = createRandom(SEED);
    const seeds = Array.from({ length: SCHEDULES }, () => first.below(2 ** 31));
    const total = { schedules: 0, sent: 0, changes: 0, shown: 0, faults: {} as Record<string, number> };
    for (let at = 0; at < seeds.length; at += AT_A_TIME) {
      const results = await runBatch(seeds.slice(at, at + AT_A_TIME));
      for (const { seed, faults, sent, changes, received, injected } of results) {
        total.schedules += 1;
        total.sent += sent;
        total.changes += changes;
        total.shown += received;
        for (const [kind, times] of Object.entries(injected)) total.faults[kind] = (total.faults[kind] ?? 0) + times;
        expect({ seed, faults: examplesOf(faults) }).toEqual({ seed, faults: [] });
        expect(sent).toBeGreaterThan(20);
        expect(changes).toBeGreaterThan(5);
      }
      if (byHand) process.stderr.write(`seed ${SEED}: ${JSON.stringify(total)}\n`);
    }
    expect(total.changes).toBeGreaterThan(0);
    process.stderr.write(`client chaos, seed ${SEED}: ${JSON.stringify(total)}; lost 0, doubled 0, reordered 0, diverged 0\n`);
  },
  byHand ? 4 * 3_600_000 : 240_000,
);

test.each<[string, string, Plant]>([
  ['swallows a message', 'lost', (send, text, at) => at % 5 !== 0 && send(text)],
  ['gives a message a second identity', 'doubled', (send, text, at) => (send(text), at % 5 === 0 && send(text))],
])('when a client that %s is planted, then the run reports %s', async (_what, kind, plant) => {
  const { faults } = await runSchedule({ seed: 7, port: await port(), forMs: 2_500, healsWithinMs: 1_000, plant });
  expect(faults.map((fault) => fault.kind)).toContain(kind);
});
