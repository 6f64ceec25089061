import { createStore } from '@linsta/embedded-mongo';
import { createMemoryBus } from '@linsta/bus';
import { createLogger } from '@linsta/core';
import { createParkingStore, openDatabase, registerOutboxMetrics, outboxFields, outboxIndex, type WithOutbox } from '@linsta/mongo';
import { createMetrics, registerBusMetrics } from '@linsta/service';
import { createTemporaryDirectory } from '@linsta/testing';
import { Schema } from 'mongoose';
import { aLike } from '../../bus/test/contract';

const logger = createLogger('test', 'silent');

test('when events were published, handled, parked and left in an outbox, then the gauges say so, and published = processed + parked + pending', async () => {
  const directory = createTemporaryDirectory();
  const store = await createStore({ dataDir: directory.path });
  const database = openDatabase({ url: store.url, name: 'metrics', logger });
  const bus = createMemoryBus({ logger, retryDelaysMs: [] });
  try {
    const schema = new Schema<WithOutbox>({ ...outboxFields }, { strict: 'throw', collection: 'things' });
    schema.index(...outboxIndex);
    const Things = database.connection.model('Thing', schema);
    const parking = createParkingStore(database.connection);
    await database.buildIndexes();
    await bus.subscribe({
      queue: 'test.first',
      parking,
      handlers: {
        LIKE: async ({ id }) => {
          if (id === 'ill') throw new Error('why');
        },
      },
    });
    for (const id of ['one', 'two', 'ill']) await bus.publish(aLike(id));
    await Things.create({ outbox: [aLike('waiting')], outboxAt: new Date() }, { outbox: [] });
    const { registry, metrics } = createMetrics('test');
    registerBusMetrics(registry, bus, parking);
    registerOutboxMetrics(registry, database.connection, logger);
    const { contentType, text } = await metrics();
    const value = (name: string) => Number(new RegExp(`^${name}\\{[^}]*\\} (\\S+)$`, 'm').exec(text)?.[1]);
    expect(contentType).toContain('text/plain');
    expect(value('linsta_bus_published_total')).toBe(3);
    expect(value('linsta_bus_processed_total')).toBe(2);
    expect(value('linsta_bus_parked_total')).toBe(1);
    expect(value('linsta_bus_parked')).toBe(1);
    expect(value('linsta_bus_under_way')).toBe(0);
    expect(value('linsta_bus_consumer_consuming')).toBe(1);
    expect(value('linsta_bus_consumer_silent_seconds')).toBe(0);
    expect(value('linsta_outbox_pending')).toBe(1);
    expect(text).toContain('linsta_bus_published_total{type="LIKE",service="test"} 3');
  } finally {
    await bus.close();
    await database.close();
    await store.close();
    directory.remove();
  }
});
