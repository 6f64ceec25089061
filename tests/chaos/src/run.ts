import { createRandom } from '@linsta/testing';
import { toText, type Report } from './checkers';
import { createUsers } from './users';
import { createEnvironment, type Environment } from './environment';
import { createHistory } from './history';
import { createFaults, injectFaults } from './nemesis';
import { settle } from './settle';

export const FAULT_SETS = {
  kill: ['kill'],
  servers: ['broker-restart', 'broker-kill', 'redis-kill'],
  network: ['broker-cut', 'broker-silent', 'redis-cut', 'redis-silent', 'database-cut', 'database-silent', 'reset'],
} as const;

export interface RunOptions {
  seed: number;
  minutes: number;
  users: number;
  everySeconds: number;
  outageSeconds: number;
  /** Names of faults or of fault sets. */
  faults: string[];
  scale: Record<string, number>;
  thinkMs?: [number, number];
  historyPath?: string;
  say(sentence: string): void;
  /** A running environment, which the caller stops. */
  environment?: Environment;
}

/**
 * Injects faults while simulated users are active; then all faults heal, and the checkers report
 * every broken promise.
 */
export async function runChaos(options: RunOptions): Promise<{ report: Report; text: string }> {
  const { say, users } = options;
  const random = createRandom(options.seed);
  const environment = options.environment ?? (await createEnvironment({ scale: options.scale }));
  const history = createHistory(options.historyPath);
  try {
    const names = options.faults.flatMap((name) => (name in FAULT_SETS ? [...FAULT_SETS[name as keyof typeof FAULT_SETS]] : [name]));
    const all = createFaults({ environment, random, outageMs: options.outageSeconds * 1_000 });
    const faults = names.map((name) => {
      const fault = all[name];
      if (fault === undefined)
        throw new Error(`there is no fault ${name}; there are ${Object.keys(all).join(', ')}, ${Object.keys(FAULT_SETS).join(', ')}`);
      return fault;
    });
    await environment.ready();
    say(`seed ${options.seed}: ${users} users, ${options.minutes * 60} s, every ${options.everySeconds} s one of ${names.join(', ')}`);
    const simulation = await createUsers({
      urls: environment.stack.urls,
      count: users,
      random: random.fork(1),
      history,
      ...(options.thinkMs !== undefined && { thinkMs: options.thinkMs }),
    });
    simulation.start();
    const injections = await injectFaults({
      faults,
      random: random.fork(2),
      everyMs: options.everySeconds * 1_000,
      forMs: options.minutes * 60_000,
      history,
      say,
    });
    Object.values(environment.proxies).forEach((proxy) => proxy.heal());
    await environment.ready();
    await simulation.finish();
    const { report, outcome } = await settle(simulation, history);
    simulation.close();
    const count = (op: string, phase: string) =>
      history.lines.filter((line) => line.op === op && 'phase' in line && line.phase === phase).length;
    const stored = outcome.rooms.reduce((sum, { messages }) => sum + messages.length, 0);
    const notifications = outcome.inboxes.reduce((sum, { rows }) => sum + rows.length, 0);
    const text = [
      `seed ${options.seed}: ${injections} faults; ${count('send', 'ok')} of ${count('send', 'invoke')} sends acknowledged, ${stored} stored, ` +
        `${history.lines.filter(({ op }) => op === 'receive').length} pushed; ${count('like', 'ok')} likes, ${notifications} notifications; ` +
        `${history.lines.filter(({ op }) => op === 'connect').length} connects of ${simulation.devices.length} devices`,
      toText(report),
    ].join('\n');
    return { report, text };
  } finally {
    await history.close();
    if (options.environment === undefined) await environment.stop();
  }
}
