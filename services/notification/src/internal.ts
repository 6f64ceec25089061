import { deliveredRequest, notificationResumeRequest, undeliveredRequest, userRequest } from '@linsta/contracts';
import { door, type InternalDoor } from '@linsta/server';
import { Types } from 'mongoose';
import type { Forwarding } from './forwarding';
import type { Notifications } from './notifications';

/** What realtime asks for a connected user. */
export const createDoors = ({
  notifications,
  forwarding,
}: {
  notifications: Notifications;
  forwarding: Forwarding;
}): Record<string, InternalDoor> => ({
  '/undelivered': door(undeliveredRequest, async ({ userId, limit, after }) => ({
    notifications: await notifications.waiting(userId, limit, after),
  })),
  '/delivered': door(deliveredRequest, ({ userId, ids }) =>
    forwarding.delivered(
      new Types.ObjectId(userId),
      ids.map((id) => new Types.ObjectId(id)),
    ),
  ),
  '/resume': door(notificationResumeRequest, async ({ userId, after }) => {
    const [found, unread] = await Promise.all([notifications.since(userId, after), notifications.unread(userId)]);
    return { notifications: found, unread };
  }),
  '/unread': door(userRequest, async ({ userId }) => ({ unread: await notifications.unread(userId) })),
});
