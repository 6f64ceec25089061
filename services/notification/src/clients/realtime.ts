import { deliveriesAnswer, type Broadcast, type Notification } from '@linsta/contracts';
import { messageOf, type Logger } from '@linsta/core';
import type { InternalClient } from '@linsta/http';
import { z } from 'zod';

export function createRealtimeClient(options: { client: InternalClient; logger: Logger }) {
  return {
    /**
     * Pushes notifications; returns the ids that reached a subscribed socket. Throws 503 during an
     * outage.
     */
    async deliver(notifications: Notification[]): Promise<Set<string>> {
      const { deliveredIds } = await options.client.post('/deliveries', { notifications }, deliveriesAnswer);
      return new Set(deliveredIds);
    },
    /** A hint to the user's other devices; a failure is only logged. */
    broadcast(broadcast: Broadcast): void {
      options.client
        .post('/broadcasts', { broadcasts: [broadcast] }, z.unknown())
        .catch((error: unknown) => options.logger.warn({ err: messageOf(error) }, 'broadcast failed'));
    },
  };
}
export type RealtimeClient = ReturnType<typeof createRealtimeClient>;
