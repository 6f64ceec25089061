import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { freePorts } from '@linsta/core';
import { createClient } from 'redis';
import { findProgram } from './programs';
import { createTemporaryDirectory } from './temporary';
import { waitFor } from './wait-for';

/** Why suites that need a Redis of their own cannot run here; undefined where they can. */
export const noRedis =
  findProgram('redis-server') === undefined ? 'Redis is not installed (Debian: apt-get install redis-server)' : undefined;

/** A Redis of the test's own on a free port, killed and started again at will. */
export async function createRedis() {
  const directory = createTemporaryDirectory();
  const [port = 0] = await freePorts(1);
  let child: ChildProcess | undefined;
  const kill = async (signal: NodeJS.Signals) => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  };
  const answers = () =>
    new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => (socket.destroy(), resolve(true)));
      socket.once('error', () => resolve(false));
    });
  return {
    url: `redis://127.0.0.1:${port}`,
    kill,
    async start() {
      child = spawn(
        'redis-server',
        ['--port', String(port), '--bind', '127.0.0.1', '--dir', directory.path, '--save', '', '--appendonly', 'no'],
        { stdio: ['ignore', 'pipe', 'ignore'] },
      );
      const started = child;
      let said = '';
      started.stdout?.on('data', (chunk: Buffer) => (said += chunk.toString()));
      await waitFor(
        () => {
          if (started.exitCode !== null) throw new Error(`Redis ended: ${said}`);
          return answers();
        },
        'Redis',
        30_000,
      );
    },
    async remove() {
      await kill('SIGKILL');
      directory.remove();
    },
  };
}
export type RedisServer = Awaited<ReturnType<typeof createRedis>>;

const sharedUrl = process.env.REDIS_URL ?? '';
/** Why suites that only use a Redis cannot run here. */
export const noSharedRedis = sharedUrl === '' ? noRedis : undefined;

/**
 * A running Redis for suites that do not harm it: the one that REDIS_URL names, under a name of
 * this suite's own so that no product there notices; otherwise a Redis of the suite's own.
 */
export async function sharedRedis() {
  const prefix = `t${randomBytes(6).toString('hex')}`;
  const own = sharedUrl === '' ? await createRedis() : undefined;
  await own?.start();
  const url = own?.url ?? sharedUrl;
  /** Takes away what this suite left there. */
  const clear = async () => {
    const client = await createClient({ url }).connect();
    for await (const keys of client.scanIterator({ MATCH: `*${prefix}*`, COUNT: 1_000 })) if (keys.length > 0) await client.unlink(keys);
    client.destroy();
  };
  return { url, prefix, clear, remove: () => own?.remove() ?? clear() };
}
