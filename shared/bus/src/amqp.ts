import { withDeadline, type Logger } from '@linsta/core';
import { keepConnection, type KeptConnection } from './amqp-connection';
import { createConsumer, type AmqpConsumer } from './amqp-consumer';
import { createPublisher } from './amqp-publisher';
import { createTally, type EventBus } from './bus';
import { eventRulesOf, type EventRules } from './parse-event';
import { declareTopology, ownOf, productTopology, type Topology } from './topology';

const PUBLISH_TIMEOUT_MS = 5_000;
const STOP_DEADLINE_MS = 8_000;

/**
 * The bus on RabbitMQ. Works without the broker being there: publishing then rejects within its
 * deadline (the outbox keeps the event), consuming begins when it comes. `name` is what an operator
 * sees beside the connections.
 */
export function createAmqpBus(options: {
  url: string;
  name: string;
  logger: Logger;
  topology?: Topology;
  publishTimeoutMs?: number;
  rules?: EventRules;
}): EventBus {
  const { url, name, logger, rules = {} } = options;
  const topology =
    options.topology ?? productTopology([...(rules.furtherTypes ?? []), ...(rules.consumesMessages === true ? ['MESSAGE_SENT'] : [])]);
  const publisher = createPublisher({ url, name, logger, topology, timeoutMs: options.publishTimeoutMs ?? PUBLISH_TIMEOUT_MS });
  const published = createTally();
  const stops: (() => Promise<void>)[] = [];
  const consumers: { queue: string; consumer: AmqpConsumer; connection: KeptConnection }[] = [];

  return {
    async publish(event) {
      await publisher.send({
        exchange: ownOf(topology),
        routingKey: event.type,
        content: Buffer.from(JSON.stringify(event)),
        properties: { contentType: 'application/cloudevents+json', messageId: event.id, type: event.type },
      });
      published.add(event.type);
    },
    subscribe(subscription) {
      const { queue, handlers, everyNode = false } = subscription;
      if (consumers.some((other) => other.queue === queue)) return Promise.reject(new Error(`queue ${queue} has a consumer already`));
      const bound = topology.consumers[queue];
      const wanted = Object.keys(handlers).filter((type) => type !== 'further');
      if (!everyNode && (bound === undefined || wanted.some((type) => !bound.includes(type))))
        return Promise.reject(new Error(`the topology does not bind ${queue} to all of ${wanted.join(', ')}`));
      const consumer = createConsumer({ subscription, topology, rules, publisher, logger, renew: (reason) => connection.renew(reason) });
      const connection = keepConnection({
        url,
        name: `${name} consuming ${queue}`,
        logger,
        onOpen: async (opened) => {
          const channel = await opened.createChannel();
          // Its failure closes the connection's `onOpen`; without a listener it would end the
          // process.
          channel.on('error', () => undefined);
          await declareTopology(channel, topology);
          await channel.close();
          await consumer.open(opened);
        },
        onLost: () => consumer.lost(),
      });
      const entry = { queue, consumer, connection };
      consumers.push(entry);
      const stop = async () => {
        await withDeadline(consumer.stop(), STOP_DEADLINE_MS, 'finishing').catch((error: Error) =>
          logger.warn({ queue, err: error.message }, 'consumer stopped in the middle'),
        );
        await connection.close();
        if (consumers.includes(entry)) consumers.splice(consumers.indexOf(entry), 1);
      };
      stops.push(stop);
      return Promise.resolve({ stop });
    },
    rules,
    healthy: () => publisher.healthy() && consumers.every(({ consumer }) => consumer.consuming()),
    consumers: () => consumers.map(({ consumer }) => consumer.state()),
    published: () => published.counts,
    async close() {
      await Promise.all(stops.map((stop) => stop()));
      await publisher.close();
    },
  };
}

/** The bus of a service that runs as a process of its own, by the rules of its configuration. */
export const openServiceBus = (options: {
  url: string;
  name: string;
  logger: Logger;
  config: Parameters<typeof eventRulesOf>[0];
}): EventBus => createAmqpBus({ url: options.url, name: options.name, logger: options.logger, rules: eventRulesOf(options.config) });
