import { cpus } from 'node:os';
import type { Stack } from '@linsta/stack';
import { withStack } from './bench-stack';
import { ceiling, connectDevice, type Pair } from './chat-load';
import { interleaved, median, spread } from './figures';
import { openRoom, register } from './people';
import { cpuOf } from './processes';

const ROOMS = 100;
const ROUNDS = 5;
const ROUND_SECONDS = 4;
const WINDOW = 4;
const print = (line: string) => void process.stdout.write(`${line}\n`);

/** Two users of each room, on the realtime nodes given by their ports. */
async function pairUp(url: string, name: string, [senders, receivers]: readonly [string, string]): Promise<Pair[]> {
  const pairs: Pair[] = [];
  for (let at = 0; at < ROOMS; at += 1) {
    const [one, other] = await Promise.all([register(url, `${name}-s${at}`), register(url, `${name}-r${at}`)]);
    const [sender, receiver] = await Promise.all([connectDevice(senders, one.token), connectDevice(receivers, other.token)]);
    pairs.push({ sender, receiver, chatRoomId: await openRoom(url, one, other) });
  }
  return pairs;
}

/** Processor time of the product's own processes, in seconds. */
const cpuOfStack = (stack: Stack) => stack.members.reduce((sum, { name }) => sum + cpuOf(stack.pidOf(name) ?? 0), 0);

/**
 * What a message costs whose receiver hangs on another realtime node, against one that stays on its
 * own.
 */
export const benchNodes = () =>
  withStack({ realtime: 2 }, async (stack) => {
    print(
      `Node ${process.version}, ${cpus().length} cores (${cpus()[0]?.model.trim()}), every service a process of its own, 2 realtime nodes, Redis`,
    );
    const [one = '', two = ''] = stack.members
      .filter(({ service }) => service === 'realtime')
      .map(({ ports }) => `http://127.0.0.1:${ports.port}`);
    const targets = [
      { name: 'stays on one node', url: one, pairs: await pairUp(stack.url, 'stay', [one, one]) },
      { name: 'crosses to the other node', url: one, pairs: await pairUp(stack.url, 'cross', [one, two]) },
    ];
    const costs = await interleaved(ROUNDS, targets, async (target) => {
      const before = cpuOfStack(stack);
      const startedAt = performance.now();
      const rate = await ceiling(target, ROUND_SECONDS, WINDOW);
      const messages = (rate * (performance.now() - startedAt)) / 1000;
      return ((cpuOfStack(stack) - before) * 1e6) / messages;
    });
    for (const [at, { name }] of targets.entries())
      print(
        `${name}: ${Math.round(median(costs[at] ?? []))} µs of processor time a message over all processes (${spread(costs[at] ?? [])})`,
      );
    print(`ratio ${(median(costs[1] ?? []) / median(costs[0] ?? [])).toFixed(2)}`);
    targets.forEach(({ pairs }) => pairs.forEach(({ sender, receiver }) => (sender.disconnect(), receiver.disconnect())));
  });
