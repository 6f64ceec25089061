import { MAX_BATCH, type Broadcast } from '@linsta/contracts/internal';
import { messageOf, type Logger } from '@linsta/core';
import { createBatchQueue, type InternalClient } from '@linsta/http';
import { z } from 'zod';

/**
 * Requests pushes to devices. A push is a hint: `resume` finds messages that were not pushed, so a
 * failure is only logged.
 */
export function createRealtimeClient(options: { client: InternalClient; logger: Logger }) {
  const queue = createBatchQueue<Broadcast, undefined>({
    maxBatch: MAX_BATCH,
    maxWaiting: 5_000,
    send: async (broadcasts) => {
      await options.client.post('/broadcasts', { broadcasts }, z.unknown());
      return broadcasts.map(() => undefined);
    },
  });
  return {
    /** Returns at once. */
    broadcast(broadcast: Broadcast): void {
      queue.push(broadcast).catch((error: unknown) => options.logger.warn({ err: messageOf(error) }, 'broadcast failed'));
    },
    idle: () => queue.idle(),
  };
}
export type RealtimeClient = ReturnType<typeof createRealtimeClient>;
