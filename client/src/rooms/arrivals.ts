import type { ReceivedMessage } from '@linsta/contracts';
import type { MessageInfo, MessageListener } from './types.js';

/** Ids of the newest messages, by which repeats are recognised. */
const REMEMBERED = 1_000;

/** Hands each message to the listeners once, in whatever order and however often it comes. */
export function createMessageArrivals() {
  const listeners = new Set<MessageListener>();
  const seen = new Set<string>();
  return {
    listen(listener: MessageListener): () => void {
      // The same function subscribed twice is called twice.
      const own: MessageListener = (message, info) => listener(message, info);
      listeners.add(own);
      return () => void listeners.delete(own);
    },
    announce(message: ReceivedMessage, info: MessageInfo): void {
      if (seen.has(message._id)) return;
      seen.add(message._id);
      const [oldest] = seen.size > REMEMBERED ? seen : [];
      if (oldest !== undefined) seen.delete(oldest);
      for (const listener of listeners) listener(message, info);
    },
  };
}
export type MessageArrivals = ReturnType<typeof createMessageArrivals>;
