import { connect, type Channel, type GetMessage } from 'amqplib';
import { withDeadline, type Logger } from '@linsta/core';
import { HEADERS } from './amqp-consumer';
import { foreignHeadersOf } from './binary-mode';
import { createPublisher } from './amqp-publisher';
import { parkedIdOf, type ParkedEvents, type ParkedLine } from './parked';
import { declareTopology, exchangeOf, parkedOf, parkingQueuesOf, productTopology, unroutedOf, type Topology } from './topology';

const CONNECT_MS = 5_000;
const PUBLISH_MS = 10_000;
/** Events read per parking queue and listing: they are held in memory. */
const MAX_LOOKED_AT = 10_000;

interface Held {
  line: ParkedLine;
  message: GetMessage;
}
/**
 * What the broker notes when it moves a message by itself, e.g. one whose consumer died with it
 * again and again.
 */
interface Death {
  queue: string;
  reason: string;
  count: number;
}

/** Parked events in RabbitMQ's parking queues. Rejects when the broker cannot be reached. */
export async function openParkedOnBroker(options: { url: string; logger: Logger; topology?: Topology }): Promise<ParkedEvents> {
  const { url, logger, topology = productTopology() } = options;
  const unrouted = unroutedOf(topology);
  const connecting = connect(url, { clientProperties: { connection_name: 'linsta bus tool' }, timeout: CONNECT_MS });
  const connection = await withDeadline(connecting, CONNECT_MS, 'connecting');
  connection.on('error', () => undefined);
  const publisher = createPublisher({ url, name: 'linsta bus tool', logger, topology, timeoutMs: PUBLISH_MS });
  const declaring = await connection.createChannel();
  await declareTopology(declaring, topology);
  await declaring.close();

  const toLine = (parking: string, { content, fields, properties }: GetMessage): ParkedLine => {
    const headers: Record<string, unknown> = properties.headers ?? {};
    const [death] = (headers['x-death'] as Death[] | undefined) ?? [];
    const queue = parking === parkedOf(unrouted) ? unrouted : parking.slice(0, -parkedOf('').length);
    const noted = (name: string) => (typeof headers[name] === 'string' ? headers[name] : undefined);
    const byBroker =
      queue === unrouted
        ? `unknown type: no queue takes ${JSON.stringify(fields.routingKey)}`
        : `the broker moved it here: ${death?.reason ?? 'it does not say why'}`;
    return {
      id: parkedIdOf(queue, content),
      queue,
      reason: (noted(HEADERS.parkedAt) === undefined ? undefined : noted(HEADERS.reason)) ?? byBroker,
      attempts: Number(headers[HEADERS.attempts] ?? death?.count ?? 0),
      raw: content.toString('utf8'),
      parkedAt: new Date(noted(HEADERS.parkedAt) ?? 0),
      copies: 1,
      redriving: false,
    };
  };
  /**
   * Holds all that is parked while `work` looks at it; what it has not acknowledged is back in its
   * place afterwards.
   */
  const holding = async <T>(work: (held: Held[], channel: Channel) => Promise<T>): Promise<T> => {
    const channel = await connection.createChannel();
    channel.on('error', () => undefined);
    try {
      const held: Held[] = [];
      for (const parking of parkingQueuesOf(topology))
        for (let count = 0; count < MAX_LOOKED_AT; count += 1) {
          const message = await channel.get(parking);
          if (message === false) break;
          held.push({ line: toLine(parking, message), message });
        }
      return await work(held, channel);
    } finally {
      await channel.close().catch(() => undefined);
    }
  };

  return {
    list: () =>
      holding((held) => {
        const lines = new Map<string, ParkedLine>();
        for (const { line } of held) {
          const known = lines.get(line.id);
          if (known === undefined) lines.set(line.id, line);
          else known.copies += 1;
        }
        return Promise.resolve([...lines.values()].sort((a, b) => a.parkedAt.getTime() - b.parkedAt.getTime()));
      }),
    redrive: (ids) =>
      holding(async (held, channel) => {
        const wanted = held.filter(({ line }) => ids.includes(line.id));
        for (const { line, message } of wanted) {
          const toAll = line.queue === unrouted;
          await publisher.send({
            exchange: toAll ? exchangeOf(topology) : '',
            routingKey: toAll ? message.fields.routingKey : line.queue,
            content: message.content,
            properties: {
              contentType: (message.properties.contentType as string | undefined) ?? 'application/cloudevents+json',
              headers: foreignHeadersOf(message),
            },
          });
          // Only now, when its own queue has it: a crash before this brings it twice rather than
          // never.
          channel.ack(message);
        }
        return new Set(wanted.map(({ line }) => line.id)).size;
      }),
    discard: (id) =>
      holding((held, channel) => {
        const found = held.filter(({ line }) => line.id === id);
        found.forEach(({ message }) => channel.ack(message));
        return Promise.resolve(found.length > 0);
      }),
    async close() {
      await publisher.close();
      await connection.close();
    },
  };
}
