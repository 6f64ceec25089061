import { broadcastsRequest, deliveriesRequest } from '@linsta/contracts';
import { door, type InternalDoor } from '@linsta/server';
import type { Bell } from './handlers/bell';
import { userRoom } from './rooms';
import type { RealtimeServer } from './server';

/** What chat and notification ask to be pushed. */
export const createDoors = ({ io, bell }: { io: RealtimeServer; bell: Bell }): Record<string, InternalDoor> => ({
  '/deliveries': door(deliveriesRequest, async ({ notifications }) => ({ deliveredIds: bell.deliver(notifications) })),
  '/broadcasts': door(broadcastsRequest, async ({ broadcasts }) => {
    for (const { event, userIds, payload } of broadcasts) {
      // The contract's union ties each payload to its event; emit's own types look at the two apart.
      const target: { emit(event: string, payload: unknown): boolean } = io.to(userIds.map(userRoom));
      target.emit(event, payload);
    }
  }),
});
