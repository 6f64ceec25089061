import { join } from 'node:path';
import { startStack, createSupervised, type Stack } from '@linsta/stack';
import { freePorts } from '@linsta/core';
import { createBroker, createFaultProxy, createRedis, createTemporaryDirectory, sharedDatabase, waitFor } from '@linsta/testing';

export const ROOT = join(__dirname, '..', '..', '..');
const READY_MS = 90_000;

export type Part = 'broker' | 'redis' | 'database';

const running = new Set<{ stop(): Promise<void> }>();
/** Stops all running environments, so that no process outlives this one. */
export const stopEnvironments = () => Promise.all([...running].map((environment) => environment.stop()));

/**
 * Starts the whole product as processes, on servers of this run, each behind a proxy that can cut
 * it off. With `late`, the servers start only after the services.
 */
export async function createEnvironment(options: { scale: Record<string, number>; env?: NodeJS.ProcessEnv; late?: boolean }) {
  const directory = createTemporaryDirectory();
  const lines: string[] = [];
  const write = (line: string) => void lines.push(line);
  const [broker, redis] = await Promise.all([createBroker(), createRedis()]);
  const [storePort = 0] = await freePorts(1);
  // On the server at MONGO_URL the run uses a database of its own; the proxy can cut the server
  // off, and no fault kills it.
  const shared = sharedDatabase();
  const elsewhere = shared.env.MONGO_URL;
  const { hostname, port } = new URL(elsewhere ?? `mongodb://127.0.0.1:${storePort}`);
  const startStore = () =>
    createSupervised({
      name: 'store',
      file: join(ROOT, 'embedded', 'mongo', 'dist', 'cli.js'),
      args: ['--port', String(storePort), '--no-password', '--data-dir', join(directory.path, 'store')],
      env: process.env,
      write,
      onPid: () => undefined,
    });
  let store: ReturnType<typeof startStore> | undefined;
  const database = await createFaultProxy({ target: { port: Number(port || 27017), host: hostname } });
  const startServers = async () => {
    if (elsewhere === undefined) store ??= startStore();
    await Promise.all([broker.start(), redis.start()]);
    database.heal();
  };
  if (options.late === true) database.down();
  else await startServers();
  const behind = (url: string) => createFaultProxy({ target: { port: Number(new URL(url).port) } });
  const proxies = { broker: await behind(broker.url), redis: await behind(redis.url), database };

  const stack: Stack = await startStack({
    root: ROOT,
    dataDir: directory.path,
    env: {
      ...process.env,
      NODE_ENV: '',
      ...shared.env,
      MONGO_URL: `mongodb://127.0.0.1:${proxies.database.port}`,
      AMQP_URL: `amqp://guest:guest@127.0.0.1:${proxies.broker.port}`,
      REDIS_URL: `redis://127.0.0.1:${proxies.redis.port}`,
      LOG_LEVEL: 'warn',
      ARGON2_MEMORY_KIB: '64',
      DRAIN_MS: '300',
      AUTH_RATE_LIMIT_PER_MINUTE: '100000',
      NEW_ROOMS_PER_HOUR: '100000',
      RATE_LIMIT_PER_MINUTE: '1000000',
      USER_RATE_LIMIT_PER_MINUTE: '100000',
      SOCKET_RATE_LIMIT_PER_MINUTE: '1000000',
      ...options.env,
    },
    scale: options.scale,
    port: 0,
    write,
  });

  const ready = async () => {
    const endpoints = [...stack.urls, ...stack.members.map(({ ports }) => `http://127.0.0.1:${ports.port}`)];
    const states = await Promise.all(
      endpoints.map((url) => fetch(`${url}/readyz`, { signal: AbortSignal.timeout(5_000) }).catch(() => undefined)),
    );
    return states.every((answer) => answer?.ok === true);
  };
  const environment = {
    directory: directory.path,
    stack,
    broker,
    redis,
    proxies,
    /** Output of all processes. */
    lines,
    startServers,
    /** Processes of this run by name; `pid` is undefined while a process restarts. */
    processes: () => [
      ...stack.members.map(({ name }) => ({ name, pid: stack.pidOf(name) })),
      ...(elsewhere === undefined ? [{ name: 'store', pid: store?.pid() }] : []),
    ],
    isReady: ready,
    ready: () =>
      waitFor(ready, 'the stack being ready', READY_MS).catch((error: Error) => {
        throw new Error(`${error.message}\n${lines.slice(-20).join('\n')}`);
      }),
    async stop() {
      running.delete(environment);
      await stack.stop();
      await store?.stop();
      await shared.drop();
      await Promise.all(Object.values(proxies).map((proxy) => proxy.close()));
      await Promise.all([broker.remove(), redis.remove()]);
      directory.remove();
    },
  };
  running.add(environment);
  return environment;
}
export type Environment = Awaited<ReturnType<typeof createEnvironment>>;
