import type { Connection } from 'mongoose';
import { Counter, Gauge, Registry } from 'prom-client';
import type { ConsumerState, EventBus, ParkingStore } from './bus/bus';

/** What an operator can read of this process, in Prometheus' text format. */
export type Metrics = () => Promise<{ contentType: string; text: string }>;

const COUNTED = {
  processed: 'Bus events handled',
  retried: 'Bus events that will be tried again',
  parked: 'Bus events parked',
} as const;
const AT_BROKER = {
  waiting: 'Bus events ready in the queue, as the broker last said',
  retrying: 'Bus events that wait for their next try, as the broker last said',
} as const;

/**
 * How the bus does as this process sees it: over all processes, published = processed + parked + pending, where pending waits, is under way, is between tries or still
 * in an outbox. Counters begin at 0 with their process.
 */
export function createMetrics(options: {
  service: string;
  bus: EventBus;
  connection?: Connection;
  /** Where the bus without a broker keeps what it parks. */
  parking?: ParkingStore;
}): Metrics {
  const { bus, connection, parking } = options;
  const registry = new Registry();
  registry.setDefaultLabels({ service: options.service });
  const registers = [registry];

  new Counter({
    name: 'linsta_bus_published_total',
    help: 'Bus events of this process that the bus has taken',
    labelNames: ['type'],
    registers,
    collect() {
      this.reset();
      for (const [type, count] of bus.published()) this.inc({ type }, count);
    },
  });
  for (const [name, help] of Object.entries(COUNTED))
    new Counter({
      name: `linsta_bus_${name}_total`,
      help,
      labelNames: ['queue'],
      registers,
      collect() {
        this.reset();
        for (const state of bus.consumers()) this.inc({ queue: state.queue }, state[name as keyof typeof COUNTED]);
      },
    });
  const gauge = (name: string, help: string, value: (state: ConsumerState) => number | undefined | Promise<number | undefined>) =>
    new Gauge({
      name: `linsta_bus_${name}`,
      help,
      labelNames: ['queue'],
      registers,
      async collect() {
        this.reset();
        for (const state of bus.consumers()) {
          const found = await value(state);
          if (found !== undefined) this.set({ queue: state.queue }, found);
        }
      },
    });
  gauge('consumer_silent_seconds', 'Since anything was heard of the queue', ({ silentMs }) => silentMs / 1_000);
  gauge('consumer_consuming', '1 while the queue is consumed', ({ consuming }) => Number(consuming));
  gauge('under_way', 'Bus events that a handler works on', ({ underWay }) => underWay);
  for (const [name, help] of Object.entries(AT_BROKER)) gauge(name, help, ({ broker }) => broker?.[name as keyof typeof AT_BROKER]);
  gauge(
    'parked',
    'Bus events that wait for a person',
    ({ queue, broker }) => broker?.parked ?? parking?.count?.(queue).catch(() => undefined),
  );
  if (connection !== undefined)
    new Gauge({
      name: 'linsta_outbox_pending',
      help: 'Documents whose facts the bus has not taken yet',
      labelNames: ['collection'],
      registers,
      async collect() {
        this.reset();
        for (const { schema, collection } of Object.values(connection.models)) {
          if (schema.path('outboxAt') === undefined) continue;
          const waiting = await collection.countDocuments({ outboxAt: { $gt: new Date(0) } }, { maxTimeMS: 2_000 }).catch(() => undefined);
          if (waiting !== undefined) this.set({ collection: collection.name }, waiting);
        }
      },
    });
  return async () => ({ contentType: registry.contentType, text: await registry.metrics() });
}
