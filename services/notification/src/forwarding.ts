import { MAX_BATCH } from '@linsta/contracts/internal';
import { addTo, createRelay, type Logger } from '@linsta/core';
import type { UserDirectory } from '@linsta/mongo';
import { trusted, Types } from 'mongoose';
import type { RealtimeClient } from './clients/realtime';
import { presentAll, type NotificationDocument, type NotificationModels } from './model';

const SWEEP_MS = 3_000;
const SETTLE_MS = 6_000;

type Removed = Pick<NotificationDocument, '_id' | 'userId'>;
type Item = { kind: 'push'; row: NotificationDocument } | { kind: 'removal'; removed: Removed };

/** A row by id and version: the same row with a later version is other work. */
export interface RowVersion {
  userId: Types.ObjectId;
  _id: Types.ObjectId;
  /** Absent in rows of version 0.2 of the product, which count as version 1. */
  version?: number;
}
const byVersion = (rows: RowVersion[]) => {
  const groups = new Map<number, RowVersion[]>();
  for (const row of rows) addTo(groups, row.version ?? 1, row);
  return groups;
};

/**
 * Forwards stored notifications to realtime in batches, and removals after them, in order. Each row
 * carries a mark until realtime has answered, so an outage of realtime or a crash here only delays.
 * A notification whose recipient was not connected keeps `waiting` and is delivered when the
 * recipient subscribes.
 */
export function createForwarding(options: {
  models: NotificationModels;
  realtime: RealtimeClient;
  directory: UserDirectory;
  logger: Logger;
}) {
  const { Notifications } = options.models;
  const { realtime, directory } = options;

  /** Removes marks from rows that still have the given version. */
  const unset = async (rows: RowVersion[], fields: { waiting?: 1; forwardAt: 1 }): Promise<void> => {
    const updates = [...byVersion(rows)].map(([version, group]) =>
      Notifications.collection.updateMany(
        {
          userId: { $in: group.map((row) => row.userId) },
          _id: { $in: group.map((row) => row._id) },
          version: version === 1 ? { $in: [1, null] } : version,
        },
        { $unset: fields },
      ),
    );
    await Promise.all(updates);
  };

  /**
   * The rows that are still stored with this version: one that was withdrawn or changed is not
   * pushed.
   */
  const stillCurrent = async (rows: NotificationDocument[]): Promise<NotificationDocument[]> => {
    const stored = await Notifications.find(
      { userId: trusted({ $in: rows.map((row) => row.userId) }), _id: trusted({ $in: rows.map((row) => row._id) }) },
      { version: 1 },
    ).lean();
    const versions = new Map(stored.map(({ _id, version }) => [_id.toHexString(), version]));
    return rows.filter(({ _id, version }) => versions.has(_id.toHexString()) && versions.get(_id.toHexString()) === version);
  };

  const push = async (offered: NotificationDocument[]): Promise<void> => {
    const rows = await stillCurrent(offered);
    if (rows.length === 0) return;
    const delivered = await realtime.deliver(await presentAll(rows, directory));
    const arrived = rows.filter((row) => delivered.has(row._id.toHexString()));
    const notConnected = rows.filter((row) => !delivered.has(row._id.toHexString()));
    if (arrived.length > 0) await unset(arrived, { waiting: 1, forwardAt: 1 });
    if (notConnected.length > 0) await unset(notConnected, { forwardAt: 1 });
  };
  const publishRemoval = async ({ _id, userId }: Removed): Promise<void> => {
    const unread = await Notifications.countDocuments({ userId, isRead: false });
    const id = _id.toHexString();
    await realtime.broadcast({ event: 'notification_removed', userIds: [userId.toHexString()], payload: { id, unread } });
  };

  const relay = createRelay<Item>({
    name: 'notification forwarding',
    logger: options.logger,
    keyOf: (item) =>
      item.kind === 'push' ? `${item.row._id.toHexString()} ${item.row.version}` : `removed ${item.removed._id.toHexString()}`,
    find: async (markedBefore, skip, limit) => {
      const rows = await Notifications.find({ forwardAt: trusted({ $lte: markedBefore }) })
        .sort({ forwardAt: 1 })
        .skip(skip)
        .limit(limit)
        .lean();
      return rows.map((row) => ({ kind: 'push', row }));
    },
    async process(items) {
      const rows = items.flatMap((item) => (item.kind === 'push' ? [item.row] : []));
      const removed = items.flatMap((item) => (item.kind === 'removal' ? [item.removed] : []));
      try {
        if (rows.length > 0) await push(rows);
      } finally {
        // After the pushes, so that none of them follows the removal of its notification.
        await Promise.all(removed.map(publishRemoval));
      }
    },
    batchSize: MAX_BATCH,
    concurrency: 1,
    sweepMs: SWEEP_MS,
    settleMs: SETTLE_MS,
  });

  return {
    /** Returns at once. */
    offer: (rows: NotificationDocument[]) => relay.offer(rows.map((row) => ({ kind: 'push', row }))),
    offerRemoval: (removed: Removed) => relay.offer([{ kind: 'removal', removed }]),
    /** A subscribed socket got these versions. */
    delivered: (rows: RowVersion[]): Promise<void> => unset(rows, { waiting: 1, forwardAt: 1 }),
    start: () => relay.start(),
    stop: () => relay.stop(),
  };
}
export type Forwarding = ReturnType<typeof createForwarding>;
