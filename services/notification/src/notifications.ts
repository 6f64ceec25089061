import type { Notification } from '@linsta/contracts';
import { notFound } from '@linsta/core';
import type { UserDirectory } from '@linsta/mongo';
import { trusted, Types } from 'mongoose';
import type { RealtimeClient } from './clients/realtime';
import { presentAll, type NotificationDocument, type NotificationModels } from './model';
import type { Removals } from './removals';

/** More than this many missed: the list is reset instead. */
const RESUME_LIMIT = 100;

/** The notifications of one user. Every query begins with the user's id. */
export function createNotifications(options: {
  models: NotificationModels;
  directory: UserDirectory;
  removals: Removals;
  realtime: RealtimeClient;
}) {
  const { Notifications } = options.models;
  const { directory, realtime } = options;
  const unread = (userId: string) => Notifications.countDocuments({ userId: new Types.ObjectId(userId), isRead: false });
  const present = (rows: NotificationDocument[]) => presentAll(rows, directory);
  const newest = (userId: string, limit: number) =>
    Notifications.find({ userId: new Types.ObjectId(userId) })
      .sort({ _id: -1 })
      .limit(limit)
      .lean();

  /**
   * New notifications after this one, and those that changed since it was created; at most one too
   * many.
   */
  const changedSince = async (userId: string, after: string): Promise<NotificationDocument[]> => {
    const owner = new Types.ObjectId(userId);
    const point = new Types.ObjectId(after);
    const [added, updated] = await Promise.all([
      Notifications.find({ userId: owner, _id: trusted({ $gt: point }) })
        .sort({ _id: -1 })
        .limit(RESUME_LIMIT + 1)
        .lean(),
      Notifications.find({ userId: owner, updatedAt: trusted({ $gte: point.getTimestamp() }), _id: trusted({ $lte: point }) })
        .sort({ updatedAt: -1 })
        .limit(RESUME_LIMIT + 1)
        .lean(),
    ]);
    return [...updated, ...added.reverse()];
  };

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
      return present(found);
    },
    async read(userId: string, id: string): Promise<Notification[]> {
      const filter = { _id: new Types.ObjectId(id), userId: new Types.ObjectId(userId) };
      const before = await Notifications.findOneAndUpdate(filter, { $set: { isRead: true } }, { returnDocument: 'before' }).lean();
      if (before === null) throw notFound('Notification');
      if (!before.isRead)
        realtime.announce({ event: 'notification_read', userIds: [userId], payload: { ids: [id], unread: await unread(userId) } });
      return present([{ ...before, isRead: true }]);
    },
    /** Marks everything up to `upTo` as read; without it, everything that exists now. */
    async readAll(userId: string, upTo?: string): Promise<{ updated: number }> {
      const last = upTo ?? (await newest(userId, 1))[0]?._id.toHexString();
      if (last === undefined) return { updated: 0 };
      const { modifiedCount } = await Notifications.updateMany(
        { userId: new Types.ObjectId(userId), isRead: false, _id: trusted({ $lte: new Types.ObjectId(last) }) },
        { $set: { isRead: true } },
      );
      if (modifiedCount > 0) {
        const payload = { all: true, upTo: last, unread: await unread(userId) } as const;
        realtime.announce({ event: 'notification_read', userIds: [userId], payload });
      }
      return { updated: modifiedCount };
    },
    /** Not delivered yet, oldest first, in the order of live delivery. */
    async waiting(userId: string, limit: number, after?: string): Promise<Notification[]> {
      const found = await Notifications.find({
        userId: new Types.ObjectId(userId),
        waiting: true,
        ...(after !== undefined && { _id: trusted({ $gt: new Types.ObjectId(after) }) }),
      })
        .sort({ _id: 1 })
        .limit(limit)
        .lean();
      return present(found);
    },
    /**
     * Every change since a device had `after` as its newest notification, ascending. `reset`: more
     * was missed than fits, or a notification was removed; then it is the newest page. Without
     * `after`, none: the device requests a page instead.
     */
    async since(userId: string, after: string | undefined): Promise<{ notifications: Notification[]; reset: boolean }> {
      if (after === undefined) return { notifications: [], reset: false };
      const [changed, removed] = await Promise.all([
        changedSince(userId, after),
        options.removals.since(userId, new Types.ObjectId(after).getTimestamp()),
      ]);
      const reset = removed || changed.length > RESUME_LIMIT;
      return { notifications: await present(reset ? (await newest(userId, RESUME_LIMIT)).reverse() : changed), reset };
    },
  };
}
export type Notifications = ReturnType<typeof createNotifications>;
