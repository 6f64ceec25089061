import { broadcastsRequest, deliveriesRequest } from '@linsta/contracts/internal';
import { endpoint, type InternalEndpoint } from '@linsta/http';
import type { NotificationDelivery } from './handlers/notifications';
import type { Push } from './push';

/** Pushes that chat and notification request. */
export const createEndpoints = ({ push, delivery }: { push: Push; delivery: NotificationDelivery }): Record<string, InternalEndpoint> => ({
  '/deliveries': endpoint(deliveriesRequest, async ({ notifications }) => ({ deliveredIds: await delivery.deliver(notifications) })),
  '/broadcasts': endpoint(broadcastsRequest, async ({ broadcasts }) => {
    // The contract's union ties each payload to its event; the parameters of a push are separate.
    const untyped = push as (userIds: string[], event: string, payload: unknown) => void;
    for (const { event, userIds, payload } of broadcasts) untyped(userIds, event, payload);
  }),
});
