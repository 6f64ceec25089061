import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { freePorts } from '@linsta/core';
import { createTemporaryDirectory, waitFor, sharedDatabase } from '@linsta/testing';

/**
 * The built product as a process of its own, so that it can be killed; always on the same port and
 * data.
 */
export async function createProductProcess(env: NodeJS.ProcessEnv = {}) {
  const directory = createTemporaryDirectory();
  const database = sharedDatabase();
  const [port = 0] = await freePorts(1);
  const url = `http://127.0.0.1:${port}`;
  let child: ChildProcess | undefined;
  let output = '';

  return {
    url,
    directory: directory.path,
    output: () => output,
    async start() {
      child = spawn(process.execPath, [join(__dirname, '..', '..', 'embedded', 'launcher', 'dist', 'main.js')], {
        env: {
          ...process.env,
          NODE_ENV: '',
          // What a developer has set is for a product of his own; a suite that wants a broker says
          // so.
          AMQP_URL: '',
          REDIS_URL: '',
          PORT: String(port),
          DATA_DIR: directory.path,
          ARGON2_MEMORY_KIB: '64',
          DRAIN_MS: '50',
          AUTH_RATE_LIMIT_PER_MINUTE: '10000',
          NEW_ROOMS_PER_HOUR: '10000',
          ...database.env,
          ...env,
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (output += chunk.toString()));
      const started = child;
      await waitFor(
        async () => {
          if (started.exitCode !== null) throw new Error(`the product ended: ${output}`);
          return (await fetch(`${url}/readyz`).catch(() => undefined))?.ok;
        },
        'readiness',
        30_000,
      );
    },
    /** Ends it and answers its exit code; null when it was killed. */
    async end(signal: NodeJS.Signals): Promise<number | null> {
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null;
      const ended = once(child, 'exit');
      child.kill(signal);
      return ((await ended) as [number | null])[0];
    },
    async remove() {
      await this.end('SIGKILL');
      await database.drop();
      directory.remove();
    },
  };
}
