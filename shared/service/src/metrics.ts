import type { ConsumerState, EventBus, ParkingStore } from '@linsta/bus';
import type { Metrics } from '@linsta/http';
import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';

let processReported = false;

/**
 * The metrics of one service, each with its name as a label. The first service of a process also
 * reports the process: memory, event loop, open files.
 */
export function createMetrics(service: string): { registry: Registry; metrics: Metrics } {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  if (!processReported) collectDefaultMetrics({ register: registry });
  processReported = true;
  return { registry, metrics: async () => ({ contentType: registry.contentType, text: await registry.metrics() }) };
}

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
 * The bus as this process sees it. Over all processes, published = processed + parked + pending,
 * where a pending event waits, is handled, is between tries, or is still in an outbox. Counters
 * begin at 0 with their process. `parking`: where the bus without a broker keeps parked events.
 */
export function registerBusMetrics(registry: Registry, bus: EventBus, parking?: ParkingStore): void {
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
}
