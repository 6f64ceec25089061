import { MAX_BATCH } from '@linsta/contracts';
import { createBatchLink, type Logger } from '@linsta/server';
import { trusted, type Types } from 'mongoose';
import type { RealtimeClient } from './clients/realtime';
import { toNotification, type NotificationDocument, type NotificationModels } from './model';

const SWEEP_MS = 3_000;
const SETTLE_MS = 6_000;

/**
 * Saved rows go on to realtime in batches. The row itself remembers that it is to be forwarded, so an outage of realtime or a crash here only delays:
 * the sweep tries again until realtime has said who was there. Where nobody was, the row goes on waiting for its reader.
 */
export function createForwarding(options: { models: NotificationModels; realtime: RealtimeClient; logger: Logger }) {
  const { Notifications } = options.models;
  let timer: NodeJS.Timeout | undefined;
  let sweeping: Promise<void> | undefined;
  let stopped = false;

  const mark = async (rows: NotificationDocument[], delivered: Set<string>) => {
    const keys = (some: NotificationDocument[]) => ({
      userId: { $in: some.map((row) => row.userId) },
      _id: { $in: some.map((row) => row._id) },
    });
    const arrived = rows.filter((row) => delivered.has(row._id.toString()));
    const nobodyThere = rows.filter((row) => !delivered.has(row._id.toString()));
    if (arrived.length > 0) await Notifications.collection.updateMany(keys(arrived), { $unset: { waiting: 1, forwardAt: 1 } });
    if (nobodyThere.length > 0) await Notifications.collection.updateMany(keys(nobodyThere), { $unset: { forwardAt: 1 } });
  };
  const link = createBatchLink<NotificationDocument, undefined>({
    maxBatch: MAX_BATCH,
    maxWaiting: 5_000,
    send: async (rows) => {
      await mark(rows, await options.realtime.deliver(rows.map(toNotification)));
      return rows.map(() => undefined);
    },
  });
  const forward = (rows: NotificationDocument[]) =>
    Promise.all(
      rows.map((row) =>
        link.push(row).catch((error: Error) => options.logger.debug({ err: error.message }, 'notification not forwarded yet')),
      ),
    );

  const sweep = async (olderThanMs: number) => {
    try {
      const left = await Notifications.find({ forwardAt: trusted({ $lte: new Date(Date.now() - olderThanMs) }) })
        .sort({ forwardAt: 1 })
        .limit(MAX_BATCH)
        .lean();
      if (left.length > 0) await forward(left);
    } catch (error) {
      if (!stopped) options.logger.warn({ err: (error as Error).message }, 'forwarding sweep failed');
    }
  };
  const tick = (olderThanMs: number) => {
    sweeping ??= sweep(olderThanMs).finally(() => (sweeping = undefined));
  };

  return {
    /** Returns at once. */
    offer: (rows: NotificationDocument[]) => void forward(rows),
    async delivered(userId: Types.ObjectId, ids: Types.ObjectId[]): Promise<void> {
      await Notifications.updateMany({ userId, _id: trusted({ $in: ids }) }, { $unset: { waiting: 1, forwardAt: 1 } });
    },
    start() {
      tick(0);
      timer = setInterval(() => tick(SETTLE_MS), SWEEP_MS);
      timer.unref();
    },
    async stop() {
      stopped = true;
      clearInterval(timer);
      await sweeping;
      await link.idle();
    },
  };
}
export type Forwarding = ReturnType<typeof createForwarding>;
