import { messageOf, type Logger } from '@linsta/core';
import type { Host } from '@linsta/service';
import type { Connection } from 'mongoose';
import { Gauge, type Registry } from 'prom-client';
import { openDatabase, type Database } from './database';

const COUNT_DEADLINE_MS = 2_000;

/** How many documents of each collection have events that are not published yet. */
export function registerOutboxMetrics(registry: Registry, connection: Connection, logger: Logger): void {
  new Gauge({
    name: 'linsta_outbox_pending',
    help: 'Documents whose events are not published yet',
    labelNames: ['collection'],
    registers: [registry],
    async collect() {
      this.reset();
      for (const { schema, collection } of Object.values(connection.models)) {
        if (schema.path('outboxAt') === undefined) continue;
        try {
          const pending = await collection.countDocuments({ outboxAt: { $gt: new Date(0) } }, { maxTimeMS: COUNT_DEADLINE_MS });
          this.set({ collection: collection.name }, pending);
        } catch (error) {
          logger.debug({ collection: collection.name, err: messageOf(error) }, 'outbox count failed');
        }
      }
    },
  });
}

/** Opens the database of a service and registers its health, its metrics and its end. */
export function useDatabase(
  host: Pick<Host, 'logger' | 'onStop' | 'addHealth' | 'addMetrics'>,
  config: { MONGO_URL: string; DATABASE: string; SLOW_QUERY_MS?: number | undefined },
): Database {
  const { logger } = host;
  const database = openDatabase({ url: config.MONGO_URL, name: config.DATABASE, logger, slowMs: config.SLOW_QUERY_MS });
  host.onStop('database', () => database.close());
  host.addHealth('database', async () => ((await database.healthy()) ? 'ok' : 'down'));
  host.addMetrics((registry) => registerOutboxMetrics(registry, database.connection, logger));
  return database;
}
