import { MAX_BATCH } from '@linsta/contracts';
import { createRelay, type Logger } from '@linsta/core';
import { trusted, type Types } from 'mongoose';
import type { RealtimeClient } from './clients/realtime';
import { toNotification, type NotificationDocument, type NotificationModels } from './model';

const SWEEP_MS = 3_000;
const SETTLE_MS = 6_000;

/**
 * Forwards stored notifications to realtime in batches. Each document carries a mark until realtime
 * has answered, so an outage of realtime or a crash here only delays. A notification whose
 * recipient was not connected keeps `waiting` and is delivered when the recipient subscribes.
 */
export function createForwarding(options: { models: NotificationModels; realtime: RealtimeClient; logger: Logger }) {
  const { Notifications } = options.models;

  const keysOf = (rows: NotificationDocument[]) => ({
    userId: { $in: rows.map((row) => row.userId) },
    _id: { $in: rows.map((row) => row._id) },
  });
  const relay = createRelay<NotificationDocument>({
    name: 'notification forwarding',
    logger: options.logger,
    keyOf: (row) => row._id.toHexString(),
    find: (markedBefore, skip, limit) =>
      Notifications.find({ forwardAt: trusted({ $lte: markedBefore }) })
        .sort({ forwardAt: 1 })
        .skip(skip)
        .limit(limit)
        .lean(),
    async process(rows) {
      const delivered = await options.realtime.deliver(rows.map(toNotification));
      const arrived = rows.filter((row) => delivered.has(row._id.toString()));
      const notConnected = rows.filter((row) => !delivered.has(row._id.toString()));
      if (arrived.length > 0) await Notifications.collection.updateMany(keysOf(arrived), { $unset: { waiting: 1, forwardAt: 1 } });
      if (notConnected.length > 0) await Notifications.collection.updateMany(keysOf(notConnected), { $unset: { forwardAt: 1 } });
    },
    batchSize: MAX_BATCH,
    concurrency: 1,
    sweepMs: SWEEP_MS,
    settleMs: SETTLE_MS,
  });

  return {
    /** Returns at once. */
    offer: (rows: NotificationDocument[]) => relay.offer(rows),
    async delivered(userId: Types.ObjectId, ids: Types.ObjectId[]): Promise<void> {
      await Notifications.updateMany({ userId, _id: trusted({ $in: ids }) }, { $unset: { waiting: 1, forwardAt: 1 } });
    },
    start: () => relay.start(),
    stop: () => relay.stop(),
  };
}
export type Forwarding = ReturnType<typeof createForwarding>;
