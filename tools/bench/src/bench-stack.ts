import { join } from 'node:path';
import { startStack, type Stack } from '@linsta/stack';
import { createBroker, createRedis, createTemporaryDirectory, noBroker, noRedis, waitFor } from '@linsta/testing';
import { UNLIMITED } from './limits';

/** The product as processes of its own on a RabbitMQ and a Redis of its own, gone with the run. */
export async function withStack(scale: Parameters<typeof startStack>[0]['scale'], run: (stack: Stack, amqpUrl: string) => Promise<void>) {
  const missing = noBroker ?? noRedis;
  if (missing !== undefined) throw new Error(missing);
  const directory = createTemporaryDirectory();
  const [broker, redis] = await Promise.all([createBroker(), createRedis()]);
  let stack: Stack | undefined;
  try {
    await Promise.all([broker.start(), redis.start()]);
    stack = await startStack({
      root: join(__dirname, '..', '..', '..'),
      dataDir: directory.path,
      env: {
        ...process.env,
        NODE_ENV: '',
        AMQP_URL: broker.url,
        REDIS_URL: redis.url,
        LOG_LEVEL: 'error',
        ARGON2_MEMORY_KIB: '64',
        ...UNLIMITED,
      },
      scale,
      port: 0,
      write: () => undefined,
    });
    const { url } = stack;
    await waitFor(async () => (await fetch(`${url}/readyz`).catch(() => undefined))?.ok, 'the stack', 60_000);
    await run(stack, broker.url);
  } finally {
    await stack?.stop();
    await Promise.all([broker.remove(), redis.remove()]);
    directory.remove();
  }
}
