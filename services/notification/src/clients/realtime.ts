import { deliveriesAnswer, type Broadcast, type Notification } from '@linsta/contracts';
import type { Logger } from '@linsta/core';
import type { InternalClient } from '@linsta/http';
import { z } from 'zod';

export function createRealtimeClient(options: { client: InternalClient; logger: Logger }) {
  return {
    /** Pushes notifications; answers the ids that reached at least one subscribed socket. Throws 503 when realtime is away. */
    async deliver(notifications: Notification[]): Promise<Set<string>> {
      const { deliveredIds } = await options.client.post('/deliveries', { notifications }, deliveriesAnswer);
      return new Set(deliveredIds);
    },
    /** A hint to one's other devices; not worth failing for. */
    broadcast(broadcast: Broadcast): void {
      options.client
        .post('/broadcasts', { broadcasts: [broadcast] }, z.unknown())
        .catch((error: Error) => options.logger.warn({ err: error.message }, 'broadcast not pushed'));
    },
  };
}
export type RealtimeClient = ReturnType<typeof createRealtimeClient>;
