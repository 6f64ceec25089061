import type { BusEventType } from '@linsta/contracts';
import type { Channel, ConfirmChannel } from 'amqplib';
import { RETRY_DELAYS_MS } from './bus';

/**
 * All durable queues of the product with the event types bound to each. Every process declares all
 * queues, so that an event published before its consumer first ran waits in its queue, and services
 * may start in any order.
 */
export const CONSUMERS: Readonly<Record<string, readonly BusEventType[]>> = {
  'notification.inbox': ['LIKE', 'UNLIKE', 'COMMENT', 'EVENT_RSVP', 'USER_CHANGED'],
  'users.people': ['USER_CHANGED', 'SESSION_ENDED'],
  'chat.people': ['USER_CHANGED'],
  'posts.people': ['USER_CHANGED'],
  'events.people': ['USER_CHANGED'],
};
/**
 * Event types that may have no durable queue; without a binding of their own they would count as
 * unknown.
 */
const WITHOUT_DURABLE_QUEUE: readonly BusEventType[] = ['MESSAGE_SENT'];

/**
 * Redeliveries after crashes (an event that kills its consumer) before the broker itself parks it;
 * retries by Linsta are new messages.
 */
const DELIVERY_LIMIT = 20;
/**
 * Reading a parked event counts as a delivery; brokers of version 4 would drop it after 20
 * reads.
 */
const PARKED_DELIVERY_LIMIT = 1_000_000;

export interface Topology {
  /** Every name but the consumers' queues begins with it. */
  namespace: string;
  consumers: Readonly<Record<string, readonly string[]>>;
  retryDelaysMs: readonly number[];
}
export const PRODUCT_TOPOLOGY: Topology = { namespace: 'linsta', consumers: CONSUMERS, retryDelaysMs: RETRY_DELAYS_MS };
/**
 * With the types that the configuration adds: all of them are notifications, or of the webhooks of
 * the same service.
 */
export const productTopology = (furtherTypes: readonly string[] = []): Topology => {
  const inbox = 'notification.inbox';
  return { ...PRODUCT_TOPOLOGY, consumers: { ...CONSUMERS, [inbox]: [...(CONSUMERS[inbox] ?? []), ...furtherTypes] } };
};

export const exchangeOf = ({ namespace }: Pick<Topology, 'namespace'>) => `${namespace}.events`;
/**
 * Where the product's own events go. It has no alternate exchange: while the queue of a type is
 * missing, the broker refuses the event, and its outbox keeps it.
 */
export const ownOf = ({ namespace }: Pick<Topology, 'namespace'>) => `${namespace}.events.own`;
/** Where events of other publishers go that no queue is bound for: of unknown type. */
export const unroutedOf = ({ namespace }: Pick<Topology, 'namespace'>) => `${namespace}.events.unrouted`;
export const parkedOf = (queue: string) => `${queue}.parked`;
export const retryOf = (queue: string, delayMs: number) => `${queue}.retry.${delayMs}`;
export const parkingQueuesOf = (topology: Topology) => [...Object.keys(topology.consumers).map(parkedOf), parkedOf(unroutedOf(topology))];

const quorum = (more: Record<string, unknown> = {}) => ({ durable: true, arguments: { 'x-queue-type': 'quorum', ...more } });
/** Hands a message on only when the other queue has it. */
const deadLetterTo = (queue: string) => ({
  'x-dead-letter-exchange': '',
  'x-dead-letter-routing-key': queue,
  'x-dead-letter-strategy': 'at-least-once',
  'x-overflow': 'reject-publish',
});

/** Binds a queue to an event type, of this product and of other publishers. */
export async function bindTo(channel: Channel | ConfirmChannel, topology: Topology, queue: string, type: string): Promise<void> {
  for (const exchange of [exchangeOf(topology), ownOf(topology)]) await channel.bindQueue(queue, exchange, type);
}

/**
 * Declares everything; a repeat changes nothing. Rejects if something of another shape stands under
 * one of the names.
 */
export async function declareTopology(channel: Channel | ConfirmChannel, topology: Topology): Promise<void> {
  const exchange = exchangeOf(topology);
  const unrouted = unroutedOf(topology);
  await channel.assertExchange(unrouted, 'fanout', { durable: true });
  await channel.assertQueue(parkedOf(unrouted), quorum({ 'x-delivery-limit': PARKED_DELIVERY_LIMIT }));
  await channel.bindQueue(parkedOf(unrouted), unrouted, '');
  await channel.assertExchange(exchange, 'topic', { durable: true, alternateExchange: unrouted });
  const own = ownOf(topology);
  await channel.assertExchange(own, 'topic', { durable: true });
  const unheard = `${topology.namespace}.unheard`;
  await channel.assertQueue(unheard, { durable: true, arguments: { 'x-max-length': 0 } });
  for (const type of WITHOUT_DURABLE_QUEUE) await bindTo(channel, topology, unheard, type);
  for (const [queue, types] of Object.entries(topology.consumers)) {
    await channel.assertQueue(parkedOf(queue), quorum({ 'x-delivery-limit': PARKED_DELIVERY_LIMIT }));
    await channel.assertQueue(queue, quorum({ 'x-delivery-limit': DELIVERY_LIMIT, ...deadLetterTo(parkedOf(queue)) }));
    for (const delayMs of topology.retryDelaysMs)
      await channel.assertQueue(retryOf(queue, delayMs), quorum({ 'x-message-ttl': delayMs, ...deadLetterTo(queue) }));
    for (const type of types) await bindTo(channel, topology, queue, type);
  }
}
