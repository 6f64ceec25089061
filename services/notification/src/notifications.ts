import type { Notification } from '@linsta/contracts';
import { notFound } from '@linsta/core';
import { trusted, Types } from 'mongoose';
import type { RealtimeClient } from './clients/realtime';
import { toNotification, type NotificationModels } from './model';

const RESUME_LIMIT = 100;

/** The notifications of one user. Every query begins with the user's id. */
export function createNotifications(options: { models: NotificationModels; realtime: RealtimeClient }) {
  const { Notifications } = options.models;
  const unread = (userId: string) => Notifications.countDocuments({ userId: new Types.ObjectId(userId), isRead: false });

  return {
    unread,
    async list(
      userId: string,
      page: { limit: number; before?: string | undefined; unread?: boolean | undefined },
    ): Promise<Notification[]> {
      const found = await Notifications.find({
        userId: new Types.ObjectId(userId),
        ...(page.unread === true && { isRead: false }),
        ...(page.before !== undefined && { _id: trusted({ $lt: new Types.ObjectId(page.before) }) }),
      })
        .sort({ _id: -1 })
        .limit(page.limit)
        .lean();
      return found.map(toNotification);
    },
    async read(userId: string, id: string): Promise<Notification> {
      const filter = { _id: new Types.ObjectId(id), userId: new Types.ObjectId(userId) };
      const before = await Notifications.findOneAndUpdate(filter, { $set: { isRead: true } }, { returnDocument: 'before' }).lean();
      if (before === null) throw notFound('Notification');
      if (!before.isRead)
        options.realtime.broadcast({ event: 'notification_read', userIds: [userId], payload: { ids: [id], unread: await unread(userId) } });
      return toNotification({ ...before, isRead: true });
    },
    async readAll(userId: string): Promise<{ updated: number }> {
      const { modifiedCount } = await Notifications.updateMany(
        { userId: new Types.ObjectId(userId), isRead: false },
        { $set: { isRead: true } },
      );
      if (modifiedCount > 0)
        options.realtime.broadcast({ event: 'notification_read', userIds: [userId], payload: { all: true, unread: await unread(userId) } });
      return { updated: modifiedCount };
    },
    /** Oldest first, in the order of live delivery. */
    async waiting(userId: string, limit: number, after?: string): Promise<Notification[]> {
      const found = await Notifications.find({
        userId: new Types.ObjectId(userId),
        waiting: true,
        ...(after !== undefined && { _id: trusted({ $gt: new Types.ObjectId(after) }) }),
      })
        .sort({ _id: 1 })
        .limit(limit)
        .lean();
      return found.map(toNotification);
    },
    /**
     * The newest after `after`, ascending; none without `after`: the device requests a page
     * instead.
     */
    async since(userId: string, after: string | undefined): Promise<Notification[]> {
      if (after === undefined) return [];
      const found = await Notifications.find({ userId: new Types.ObjectId(userId), _id: trusted({ $gt: new Types.ObjectId(after) }) })
        .sort({ _id: -1 })
        .limit(RESUME_LIMIT)
        .lean();
      return found.map(toNotification).reverse();
    },
  };
}
export type Notifications = ReturnType<typeof createNotifications>;
