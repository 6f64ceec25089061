import { retry } from '@linsta/core';
import type { createClient } from 'redis';

type Client = Pick<ReturnType<typeof createClient>, 'isOpen' | 'subscribe' | 'sSubscribe' | 'sUnsubscribe'>;
type Listener<T> = (message: T, channel: T) => void;

const BACKOFF = { firstMs: 200, maxMs: 1_000 };

/**
 * Subscriptions that come about in the end. A client makes those again that it had before its
 * connection was lost, but one that was just being made fails, and Socket.IO's adapter neither
 * waits for it nor handles the rejection: it would end the process, and the room would get no
 * pushes.
 */
export function createSubscriber(client: Client) {
  const wanted = new Map<string, unknown>();
  const retryWhileConnected = async (channel: string, listener: unknown, attempt: () => Promise<unknown>) => {
    wanted.set(channel, listener);
    const stopped = () => !client.isOpen || wanted.get(channel) !== listener;
    await retry(attempt, { ...BACKOFF, stopped }).catch(() => undefined);
  };
  return {
    subscribe: (channel: string, listener: Listener<string>) =>
      retryWhileConnected(channel, listener, () => client.subscribe(channel, listener)),
    /** As the adapter calls it: messages are bytes. */
    sSubscribe: (channel: string, listener: Listener<Buffer>) =>
      retryWhileConnected(channel, listener, () => client.sSubscribe(channel, listener, true)),
    /** A channel that cannot be unsubscribed now delivers messages without a listener. */
    async sUnsubscribe(channel: string) {
      wanted.delete(channel);
      await client.sUnsubscribe(channel).catch(() => undefined);
    },
  };
}
