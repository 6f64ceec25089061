import { randomBytes } from 'node:crypto';
import { connect } from 'amqplib';
import { parkedOf, retryOf, exchangeOf, ownOf, unroutedOf, type Topology } from '@linsta/bus';
import { QUEUES, QUICK_RETRIES_MS, type ParkedLine } from './contract';

/**
 * Access of tests to the broker beside the bus: temporary queues, a channel for one operation, the
 * parked events.
 */
export function createAmqpTools(urlOf: () => string) {
  /** Queues of the test's own, so that tests do not meet. */
  const createTopology = (): { topology: Topology; own: (queue: string) => string } => {
    const namespace = `t${randomBytes(4).toString('hex')}`;
    const own = (queue: string) => `${namespace}.${queue}`;
    return {
      own,
      topology: {
        namespace,
        consumers: Object.fromEntries(QUEUES.map((queue) => [own(queue), ['LIKE']])),
        retryDelaysMs: QUICK_RETRIES_MS,
      },
    };
  };
  const withChannel = async <T>(
    work: (channel: Awaited<ReturnType<Awaited<ReturnType<typeof connect>>['createConfirmChannel']>>) => Promise<T>,
  ): Promise<T> => {
    const connection = await connect(urlOf());
    try {
      const channel = await connection.createConfirmChannel();
      const result = await work(channel);
      await channel.waitForConfirms();
      return result;
    } finally {
      await connection.close();
    }
  };
  const parkedLines = (queue: string): Promise<ParkedLine[]> =>
    withChannel(async (channel) => {
      const lines: ParkedLine[] = [];
      for (let found = await channel.get(queue); found !== false; found = await channel.get(queue)) {
        const { headers = {} } = found.properties;
        lines.push({
          queue: String(headers['x-queue']),
          reason: String(headers['x-reason']),
          attempts: Number(headers['x-attempts']),
          raw: found.content.toString(),
        });
      }
      channel.nackAll(true);
      return lines;
    });

  /** Takes a test's own things off a broker that outlives it. */
  const remove = (topology: Topology) =>
    withChannel(async (channel) => {
      const queues = Object.keys(topology.consumers);
      const all = [
        ...queues,
        ...queues.map(parkedOf),
        ...queues.flatMap((queue) => topology.retryDelaysMs.map((ms) => retryOf(queue, ms))),
      ];
      for (const queue of [...all, parkedOf(unroutedOf(topology)), `${topology.namespace}.unheard`]) await channel.deleteQueue(queue);
      for (const exchange of [exchangeOf(topology), ownOf(topology), unroutedOf(topology)]) await channel.deleteExchange(exchange);
    });
  return { createTopology, withChannel, parkedLines, remove };
}
