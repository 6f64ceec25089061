import { setTimeout as pause } from 'node:timers/promises';
import { createRandom } from '@linsta/testing';
import { countOf, toText } from './checkers';
import { createUsers } from './users';
import { createEnvironment, type Part } from './environment';
import { createHistory } from './history';
import { createFaults } from './nemesis';
import { startProbes, toTable } from './probes';
import { settle } from './settle';

const BEFORE_MS = 5_000;
const AFTER_MS = 20_000;

/**
 * Cuts off each server in turn while simulated users are active; reports the answers meanwhile and
 * the time of recovery.
 */
export async function runOutages(options: {
  seed: number;
  users: number;
  outageSeconds: number;
  how: 'down' | 'silent';
  scale: Record<string, number>;
  say(sentence: string): void;
}): Promise<{ right: boolean; text: string }> {
  const { seed, how, say } = options;
  const random = createRandom(seed);
  const history = createHistory();
  const environment = await createEnvironment({ scale: options.scale });
  const text: string[] = [];
  try {
    await environment.ready();
    const { stack } = environment;
    const faults = createFaults({ environment, random: random.fork(1), outageMs: options.outageSeconds * 1_000 });
    const simulation = await createUsers({ urls: stack.urls, count: options.users, random, history });
    const endpoints = (names: string[]) =>
      Object.fromEntries(
        names.flatMap((service) => {
          const member = stack.members.find((other) => other.service === service);
          return member === undefined ? [] : [[service, `http://127.0.0.1:${member.ports.port}`]];
        }),
      );
    const probes = await startProbes(stack.url, endpoints(['gateway', 'chat', 'realtime']));
    simulation.start();
    for (const part of ['broker', 'redis', 'database'] as Part[]) {
      await pause(BEFORE_MS);
      say(`${part} is cut off (${how}) for ${options.outageSeconds} s`);
      const cutAt = Date.now();
      await faults[`${part}-${how === 'down' ? 'cut' : 'silent'}`]?.inject();
      const healedAt = Date.now();
      say(`${part} is back`);
      await pause(AFTER_MS);
      text.push(
        '',
        `${part} cut off (${how}) for ${options.outageSeconds} s`,
        '',
        '| operation | answers during the cut | slowest | recovered |',
        '|---|---|---|---|',
      );
      text.push(...toTable(probes.samples, cutAt, healedAt));
    }
    await probes.stop();
    await simulation.finish();
    const { report, outcome } = await settle(simulation, history);
    simulation.close();
    const stored = outcome.rooms.reduce((sum, { messages }) => sum + messages.length, 0);
    text.push('', `seed ${seed}: ${stored} messages stored; ${toText(report)}`);
    return { right: countOf(report) === 0, text: text.join('\n') };
  } finally {
    await environment.stop();
  }
}
