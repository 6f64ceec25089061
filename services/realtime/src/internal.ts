import { broadcastsRequest, deliveriesRequest } from '@linsta/contracts';
import { door, type InternalDoor } from '@linsta/server';
import type { Bell } from './handlers/bell';
import type { Push } from './push';

/** What chat and notification ask to be pushed. */
export const createDoors = ({ push, bell }: { push: Push; bell: Bell }): Record<string, InternalDoor> => ({
  '/deliveries': door(deliveriesRequest, async ({ notifications }) => ({ deliveredIds: await bell.deliver(notifications) })),
  '/broadcasts': door(broadcastsRequest, async ({ broadcasts }) => {
    // The contract's union ties each payload to its event; the types of a push look at the two apart.
    const untyped = push as (userIds: string[], event: string, payload: unknown) => void;
    for (const { event, userIds, payload } of broadcasts) untyped(userIds, event, payload);
  }),
});
