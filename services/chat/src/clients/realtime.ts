import { MAX_BATCH, type Broadcast } from '@linsta/contracts';
import type { Logger } from '@linsta/core';
import { createBatchQueue, type InternalClient } from '@linsta/http';
import { z } from 'zod';

/** Asks realtime to push to devices. Push is a hint: what cannot be pushed is found by `resume`, so a failure is only noted. */
export function createRealtimeClient(options: { client: InternalClient; logger: Logger }) {
  const link = createBatchQueue<Broadcast, undefined>({
    maxBatch: MAX_BATCH,
    maxWaiting: 5_000,
    send: async (broadcasts) => {
      await options.client.post('/broadcasts', { broadcasts }, z.unknown());
      return broadcasts.map(() => undefined);
    },
  });
  return {
    broadcast(broadcast: Broadcast): void {
      link.push(broadcast).catch((error: Error) => options.logger.warn({ err: error.message }, 'broadcast not pushed'));
    },
    idle: () => link.idle(),
  };
}
export type RealtimeClient = ReturnType<typeof createRealtimeClient>;
