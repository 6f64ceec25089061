import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { CONSUMERS, openParkedOnBroker, type ParkedEvents } from '@linsta/bus';
import { createLogger, databaseEnv, readRunning } from '@linsta/core';
import { openParkedInStore } from '@linsta/mongo';
import { CommandError } from '../command-error';

export interface OpenedParked {
  parked: ParkedEvents;
  /** The product does not run: a re-driven event is tried when it starts. */
  later: boolean;
  close(): Promise<void>;
}

const without = (text: string) => text.replace(/\/\/[^@/]*@/, '//');
const unreachable = (what: string, url: string) => (error: Error) => {
  throw new CommandError(`${what} cannot be reached at ${without(url)}: ${without(error.message === '' ? error.name : error.message)}`);
};

/** The databases in which consumers keep parked events while there is no broker. */
const databases = (env: NodeJS.ProcessEnv) => {
  const services = new Set(Object.keys(CONSUMERS).map((queue) => queue.split('.')[0] ?? ''));
  return [...services].map((service) => databaseEnv(env, service).DATABASE ?? `linsta_${service}`);
};

/**
 * Wherever the product's bus keeps them: RabbitMQ (AMQP_URL), the database (MONGO_URL), or the
 * embedded store of the data directory, which the running all-in-one serves or this process opens
 * itself while nothing runs.
 */
export async function openParked(env: NodeJS.ProcessEnv): Promise<OpenedParked> {
  const { AMQP_URL: amqpUrl = '', MONGO_URL: mongoUrl = '' } = env;
  if (amqpUrl !== '') {
    const parked = await openParkedOnBroker({ url: amqpUrl, logger: createLogger('bus', 'silent') }).catch(
      unreachable('RabbitMQ', amqpUrl),
    );
    return { parked, later: false, close: () => parked.close() };
  }
  const inStore = (url: string) => openParkedInStore({ url, databases: databases(env) }).catch(unreachable('The database', url));
  if (mongoUrl !== '') {
    const parked = await inStore(mongoUrl);
    return { parked, later: false, close: () => parked.close() };
  }
  // Not a part of the image, where a database server is always configured.
  const { DirectoryInUseError, startStoreThread } = await import('@linsta/embedded-mongo');
  const dataDir = resolve(env.DATA_DIR ?? '.linsta');
  if (!existsSync(join(dataDir, 'store')))
    throw new CommandError(
      `There is no data in ${dataDir}. Say where the product runs: DATA_DIR, MONGO_URL or AMQP_URL, as it was started with.`,
    );
  try {
    const store = await startStoreThread({ dataDir: join(dataDir, 'store') });
    const parked = await inStore(store.url);
    return {
      parked,
      later: true,
      async close() {
        await parked.close();
        await store.close();
      },
    };
  } catch (error) {
    if (!(error instanceof DirectoryInUseError)) throw error;
  }
  const running = readRunning(dataDir);
  if (running === undefined)
    throw new CommandError(`Another program uses ${dataDir} and does not say where; wait until the product is ready.`);
  if (running.bus === 'RabbitMQ')
    throw new CommandError('The product that runs there has its bus on RabbitMQ: say where with AMQP_URL, as it was started with.');
  const parked = await inStore(running.storeUrl);
  return { parked, later: false, close: () => parked.close() };
}
