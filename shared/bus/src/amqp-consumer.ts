import type { Channel, ChannelModel, ConsumeMessage } from 'amqplib';
import { withDeadline, type Logger } from '@linsta/core';
import type { Publisher } from './amqp-publisher';
import { foreignHeadersOf, rawOf } from './binary-mode';
import { logHandled, type ConsumerState, type Subscription } from './bus';
import { createPatientHandler } from './patience';
import type { EventRules } from './parse-event';
import { bindTo, parkedOf, retryOf, type Topology } from './topology';

const FIRST_PROBES_MS = [250, 1_000, 2_500];
const PROBE_EVERY_MS = 5_000;
const PROBE_DEADLINE_MS = 5_000;
const CANCEL_DEADLINE_MS = 1_000;

/** Retries carry which attempt they are, parked ones why they are there. */
export const HEADERS = {
  attempt: 'x-attempt',
  reason: 'x-reason',
  queue: 'x-queue',
  attempts: 'x-attempts',
  parkedAt: 'x-parked-at',
} as const;

/**
 * Acknowledges in as few frames as the order of completion allows: once per turn, everything up to
 * the first that is still under way.
 */
function createAcks(channel: Channel, prefetch: number) {
  const tags = new Map<number, boolean>();
  let scheduled = false;
  const ack = (deliveryTag: number, upTo: boolean) => channel.ack({ fields: { deliveryTag } } as ConsumeMessage, upTo);
  const flush = () => {
    scheduled = false;
    let last: number | undefined;
    for (const [tag, settled] of tags) {
      if (!settled) break;
      last = tag;
      tags.delete(tag);
    }
    try {
      if (last !== undefined) ack(last, true);
      // One slow event at the head must not use up the window.
      if (tags.size > prefetch / 2)
        for (const [tag, settled] of tags)
          if (settled) {
            tags.delete(tag);
            ack(tag, false);
          }
    } catch {
      // The channel is gone; the broker delivers again, and handlers know a repeat by its id.
    }
  };
  return {
    begin: (tag: number) => void tags.set(tag, false),
    settle(tag: number) {
      tags.set(tag, true);
      if (!scheduled) setImmediate(flush);
      scheduled = true;
    },
    flush,
  };
}

export interface AmqpConsumer {
  open(connection: ChannelModel): Promise<void>;
  lost(): void;
  consuming(): boolean;
  state(): ConsumerState;
  stop(): Promise<void>;
}

/** One queue's consumer; made once, opened anew on every connection. */
export function createConsumer(options: {
  subscription: Subscription;
  topology: Topology;
  rules: EventRules;
  publisher: Publisher;
  logger: Logger;
  renew: (reason: string) => void;
}): AmqpConsumer {
  const { subscription, topology, rules, publisher, logger, renew } = options;
  const { queue, handlers, everyNode = false, prefetch = 100 } = subscription;
  const underWay = new Set<Promise<void>>();
  let channel: Channel | undefined;
  let stopChannel: (() => Promise<void>) | undefined;
  let stopProbes = () => {};
  let heardAt = Date.now();
  let stopping = false;
  const counted = { processed: 0, retried: 0, parked: 0 };
  let broker: ConsumerState['broker'];

  // When the connection is lost, waiting events go back to the queue and are delivered again.
  const patient = createPatientHandler({ queue, handlers, rules, logger });

  const treat = async (delivery: ConsumeMessage) => {
    const headers: Record<string, unknown> = delivery.properties.headers ?? {};
    const attempt = Number(headers[HEADERS.attempt] ?? 1);
    const startedAt = performance.now();
    const verdict = await patient.handle(rawOf(delivery));
    if (verdict.done) {
      logHandled(logger, queue, verdict.handled, startedAt);
      counted.processed += 1;
      return;
    }
    // What the publisher sent stays as it is: in binary mode, headers carry half of the event.
    const { contentType = 'application/cloudevents+json' } = delivery.properties as { contentType?: string };
    const properties = { contentType };
    const foreign = foreignHeadersOf(delivery);
    const delayMs = topology.retryDelaysMs[attempt - 1];
    if (everyNode) return void logger.error({ queue, ...verdict }, 'bus event dropped');
    if ('retry' in verdict && delayMs !== undefined) {
      logger.warn({ queue, attempt, reason: verdict.retry }, 'bus event will be tried again');
      await publisher.send({
        exchange: '',
        routingKey: retryOf(queue, delayMs),
        content: delivery.content,
        properties: { ...properties, headers: { ...foreign, [HEADERS.attempt]: attempt + 1, [HEADERS.reason]: verdict.retry } },
      });
      counted.retried += 1;
      return;
    }
    const reason = 'park' in verdict ? verdict.park : verdict.retry;
    await publisher.send({
      exchange: '',
      routingKey: parkedOf(queue),
      content: delivery.content,
      properties: {
        ...properties,
        headers: {
          ...foreign,
          [HEADERS.reason]: reason,
          [HEADERS.queue]: queue,
          [HEADERS.attempts]: attempt,
          [HEADERS.parkedAt]: new Date().toISOString(),
        },
      },
    });
    counted.parked += 1;
    logger.error({ queue, attempts: attempt, reason }, 'bus event parked');
  };

  return {
    async open(connection) {
      const fresh = await connection.createChannel();
      fresh.on('error', (error: Error) => renew(`${queue}: ${error.message}`));
      fresh.on('close', () => channel === fresh && renew(`${queue}: channel closed`));
      let name = queue;
      if (everyNode) {
        name = (await fresh.assertQueue('', { exclusive: true, autoDelete: true })).queue;
      }
      const types = everyNode ? Object.keys(handlers) : (topology.consumers[queue] ?? []);
      const look = async () => {
        // A deletion that is still under way on the broker takes bindings along that were made
        // meanwhile: so they are made again, at each look.
        for (const type of types) await bindTo(fresh, topology, name, type);
        const { messageCount, consumerCount } = await fresh.checkQueue(name);
        if (everyNode) return consumerCount;
        const aside = { retrying: 0, parked: (await fresh.checkQueue(parkedOf(queue))).messageCount };
        for (const delayMs of topology.retryDelaysMs) aside.retrying += (await fresh.checkQueue(retryOf(queue, delayMs))).messageCount;
        broker = { waiting: messageCount, ...aside };
        return consumerCount;
      };
      await look();
      await fresh.prefetch(prefetch);
      const acks = createAcks(fresh, prefetch);
      const { consumerTag } = await fresh.consume(name, (delivery) => {
        // The queue was deleted, or the consumer cancelled by the broker.
        if (delivery === null) return renew(`${queue}: consumer cancelled`);
        heardAt = Date.now();
        const tag = delivery.fields.deliveryTag;
        acks.begin(tag);
        const work: Promise<void> = treat(delivery)
          .then(() => acks.settle(tag))
          .catch((error: Error) => {
            // It could be neither handled nor put anywhere: a new connection gets it delivered
            // again.
            logger.warn({ queue, err: error.message }, 'bus event goes back to its queue');
            setTimeout(() => channel === fresh && renew(`${queue}: ${error.message}`), 1_000).unref();
          })
          .finally(() => underWay.delete(work));
        underWay.add(work);
      });
      const probe = () => {
        withDeadline(look(), PROBE_DEADLINE_MS, 'the answer of the broker').then(
          (consumerCount) => {
            heardAt = Date.now();
            if (consumerCount === 0 && !stopping) renew(`${queue}: the broker knows no consumer`);
          },
          (error: Error) => channel === fresh && renew(`${queue}: ${error.message}`),
        );
      };
      const probes = [...FIRST_PROBES_MS.map((ms) => setTimeout(probe, ms)), setInterval(probe, PROBE_EVERY_MS)];
      for (const timer of probes) timer.unref();
      stopProbes = () => probes.forEach(clearInterval);
      heardAt = Date.now();
      channel = fresh;
      stopChannel = async () => {
        stopProbes();
        await withDeadline(fresh.cancel(consumerTag), CANCEL_DEADLINE_MS, 'cancelling').catch(() => undefined);
        await Promise.allSettled(underWay);
        acks.flush();
        await withDeadline(fresh.close(), CANCEL_DEADLINE_MS, 'closing').catch(() => undefined);
      };
    },
    lost() {
      channel = undefined;
      stopChannel = undefined;
      stopProbes();
      patient.giveUp();
    },
    consuming: () => channel !== undefined,
    state: () => ({
      queue,
      consuming: channel !== undefined,
      silentMs: Date.now() - heardAt,
      ...counted,
      underWay: underWay.size,
      ...(broker !== undefined && { broker }),
    }),
    async stop() {
      stopping = true;
      channel = undefined;
      patient.stop();
      const stop = stopChannel;
      stopChannel = undefined;
      await stop?.();
    },
  };
}
