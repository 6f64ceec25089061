import { deliveredRequest, notificationResumeRequest, undeliveredRequest, userRequest } from '@linsta/contracts/internal';
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
  '/delivered': endpoint(deliveredRequest, (request) => {
    const userId = new Types.ObjectId(request.userId);
    return forwarding.delivered(request.notifications.map(({ _id, version }) => ({ userId, _id: new Types.ObjectId(_id), version })));
  }),
  '/resume': endpoint(notificationResumeRequest, async ({ userId, after }) => {
    const [changes, unread] = await Promise.all([notifications.since(userId, after), notifications.unread(userId)]);
    return { ...changes, unread };
  }),
  '/unread': endpoint(userRequest, async ({ userId }) => ({ unread: await notifications.unread(userId) })),
});
