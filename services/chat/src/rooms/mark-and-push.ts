import type { DeliveredMark } from '@linsta/contracts';
import { itemAt } from '@linsta/core';
import type { RealtimeClient } from '../clients/realtime';
import { toRefusal } from '../refusal';
import type { Delivered } from './delivered';

/**
 * Moves delivered marks that came over REST, and pushes those that went up. Throws the first
 * refusal after every mark was tried.
 */
export const createMarkDelivered =
  ({ delivered, realtime }: { delivered: Delivered; realtime: RealtimeClient }) =>
  async (userId: string, rooms: DeliveredMark[]): Promise<void> => {
    const outcomes = await delivered.push(rooms.map((mark) => ({ ...mark, userId })));
    outcomes.forEach((outcome, at) => {
      if (!outcome.ok || outcome.audience.length === 0) return;
      const { deliveredSeq, audience } = outcome;
      const { chatRoomId } = itemAt(rooms, at);
      realtime.broadcast({ event: 'room_delivered', userIds: audience, payload: { chatRoomId, userId, deliveredSeq } });
    });
    for (const outcome of outcomes) if (!outcome.ok) throw toRefusal(outcome.error);
  };
export type MarkDelivered = ReturnType<typeof createMarkDelivered>;
