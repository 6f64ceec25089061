import { deliveredRequest, notificationResumeRequest, undeliveredRequest, userRequest } from '@linsta/contracts';
import { endpoint, type InternalEndpoint } from '@linsta/http';
import { Types } from 'mongoose';
import type { Forwarding } from './forwarding';
import type { Notifications } from './notifications';

/** Calls of realtime for a connected user. */
export const createEndpoints = ({
  notifications,
  forwarding,
}: {
  notifications: Notifications;
  forwarding: Forwarding;
}): Record<string, InternalEndpoint> => ({
  '/undelivered': endpoint(undeliveredRequest, async ({ userId, limit, after }) => ({
    notifications: await notifications.waiting(userId, limit, after),
  })),
  '/delivered': endpoint(deliveredRequest, ({ userId, ids }) =>
    forwarding.delivered(
      new Types.ObjectId(userId),
      ids.map((id) => new Types.ObjectId(id)),
    ),
  ),
  '/resume': endpoint(notificationResumeRequest, async ({ userId, after }) => {
    const [found, unread] = await Promise.all([notifications.since(userId, after), notifications.unread(userId)]);
    return { notifications: found, unread };
  }),
  '/unread': endpoint(userRequest, async ({ userId }) => ({ unread: await notifications.unread(userId) })),
});
