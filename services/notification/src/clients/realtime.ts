import type { Notification } from '@linsta/contracts';
import { deliveriesAnswer, type Broadcast } from '@linsta/contracts/internal';
import { messageOf, type Logger } from '@linsta/core';
import type { InternalClient } from '@linsta/http';
import { z } from 'zod';

export function createRealtimeClient(options: { client: InternalClient; logger: Logger }) {
  /** A hint to the user's devices; a failure is only logged. */
  const broadcast = async (sent: Broadcast): Promise<void> => {
    try {
      await options.client.post('/broadcasts', { broadcasts: [sent] }, z.unknown());
    } catch (error) {
      options.logger.warn({ err: messageOf(error) }, 'broadcast failed');
    }
  };
  return {
    /**
     * Pushes notifications; returns the ids that reached a subscribed socket. Throws 503 during an
     * outage.
     */
    async deliver(notifications: Notification[]): Promise<Set<string>> {
      const { deliveredIds } = await options.client.post('/deliveries', { notifications }, deliveriesAnswer);
      return new Set(deliveredIds);
    },
    broadcast,
    /** Returns at once. */
    announce: (sent: Broadcast): void => void broadcast(sent),
  };
}
export type RealtimeClient = ReturnType<typeof createRealtimeClient>;
