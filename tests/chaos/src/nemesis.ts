import { setTimeout as pause } from 'node:timers/promises';
import type { Random } from '@linsta/testing';
import type { Environment, Part } from './environment';
import type { History } from './history';

export interface Fault {
  name: string;
  /** Injects the fault, waits for its duration, and heals it. */
  inject(): Promise<void>;
}

/** The faults that can be injected into the product and its servers, by name. */
export function createFaults({
  environment,
  random,
  outageMs,
}: {
  environment: Environment;
  random: Random;
  outageMs: number;
}): Record<string, Fault> {
  const { proxies, broker, redis } = environment;
  const cut = (part: Part, how: 'down' | 'silent'): Fault => ({
    name: `${part} cut off (${how}) for ${outageMs} ms`,
    async inject() {
      if (how === 'down') proxies[part].down();
      else proxies[part].mode('silent');
      await pause(outageMs);
      proxies[part].heal();
    },
  });
  const kill: Fault = {
    name: 'kill -9 of a process',
    async inject() {
      const { name, pid } = random.pick(environment.processes());
      if (pid === undefined) return;
      this.name = `kill -9 of ${name}`;
      process.kill(pid, 'SIGKILL');
    },
  };
  const restarted = (
    name: string,
    server: { kill(signal: NodeJS.Signals): Promise<void>; start(): Promise<void> },
    signal: NodeJS.Signals,
  ): Fault => ({
    name: `${name} ended (${signal}) and started again`,
    async inject() {
      await server.kill(signal);
      await server.start();
    },
  });
  return {
    kill,
    'broker-restart': restarted('broker', broker, 'SIGTERM'),
    'broker-kill': restarted('broker', broker, 'SIGKILL'),
    'redis-kill': restarted('Redis', redis, 'SIGKILL'),
    'broker-cut': cut('broker', 'down'),
    'broker-silent': cut('broker', 'silent'),
    'redis-cut': cut('redis', 'down'),
    'redis-silent': cut('redis', 'silent'),
    'database-cut': cut('database', 'down'),
    'database-silent': cut('database', 'silent'),
    reset: {
      name: 'a third of the connections to all servers reset',
      inject() {
        for (const proxy of Object.values(proxies)) proxy.reset(0.33);
        return Promise.resolve();
      },
    },
  };
}

/**
 * Injects one of the faults every `everyMs`, drawn from the seed, for `forMs`. Returns the number
 * of injections; every fault has healed by then.
 */
export async function injectFaults(options: {
  faults: Fault[];
  random: Random;
  everyMs: number;
  forMs: number;
  history: History;
  say(sentence: string): void;
}): Promise<number> {
  const { faults, random, history, say } = options;
  const until = Date.now() + options.forMs;
  let injections = 0;
  for (;;) {
    await pause(Math.min(options.everyMs, Math.max(0, until - Date.now())));
    if (Date.now() >= until) return injections;
    const fault = random.pick(faults);
    await fault.inject();
    injections += 1;
    history.note({ op: 'fault', what: fault.name });
    say(fault.name);
  }
}
