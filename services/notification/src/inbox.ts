import type { BusEvent } from '@linsta/contracts';
import { createBatchQueue } from '@linsta/http';
import { duplicateFaults, duplicateKey, UNKNOWN_NAME, type UserDirectory } from '@linsta/mongo';
import { trusted, Types } from 'mongoose';
import type { Forwarding } from './forwarding';
import { EVENT_INDEX, type NotificationDocument, type NotificationModels } from './model';

const RSVP_WORDS = { going: 'is going to your event', maybe: 'might go to your event', declined: 'declined your event' } as const;

type Reaction = BusEvent<'LIKE'> | BusEvent<'COMMENT'> | BusEvent<'EVENT_RSVP'>;

const wording = (event: Reaction): string => {
  if (event.type === 'LIKE') return 'liked your post';
  if (event.type === 'COMMENT') return 'commented on your post';
  return RSVP_WORDS[event.data.status];
};

/**
 * Turns bus events into notifications: one per event and recipient, in any order and after any
 * repeat.
 */
export function createInbox(options: { models: NotificationModels; directory: UserDirectory; forwarding: Forwarding; now: () => Date }) {
  const { Notifications, Withdrawals } = options.models;

  /** Whether the row is new. All pending rows are one unordered insert. */
  const insert = createBatchQueue<NotificationDocument, boolean>({
    maxBatch: 500,
    maxWaiting: 20_000,
    send: async (rows) => {
      try {
        await Notifications.collection.insertMany(rows, { ordered: false });
        return rows.map(() => true);
      } catch (error) {
        const faults = duplicateFaults(error);
        if (faults === undefined || faults.some((fault) => !fault.errmsg.includes(EVENT_INDEX))) throw error;
        const repeated = new Set(faults.map((fault) => fault.index));
        return rows.map((_, at) => !repeated.has(at));
      }
    },
  });

  const about = ({ data }: Reaction | BusEvent<'UNLIKE'>) => ({
    userId: new Types.ObjectId(data.recipientId),
    actorId: new Types.ObjectId(data.actorId),
    referenceId: new Types.ObjectId(data.referenceId),
  });

  const withdraw = (key: ReturnType<typeof about>, upTo: Date) =>
    Notifications.deleteMany({ ...key, type: 'LIKE', isRead: false, eventTime: trusted({ $lte: upTo }) });

  return {
    async react(event: Reaction): Promise<void> {
      const { recipientId, actorId } = event.data;
      if (recipientId === actorId) return;
      const name = event.data.actorName ?? (await options.directory.names([actorId]))(actorId).name;
      const createdAt = options.now();
      const key = about(event);
      const row: NotificationDocument = {
        _id: new Types.ObjectId(),
        ...key,
        eventId: event.id,
        eventTime: new Date(event.time),
        type: event.type,
        message: `${name.trim() === '' ? UNKNOWN_NAME : name} ${wording(event)}`,
        isRead: false,
        createdAt,
        waiting: true,
        forwardAt: createdAt,
      };
      if (!(await insert.push(row))) return;
      if (event.type === 'LIKE') {
        // Inserts first and reads second; UNLIKE does the reverse, so one of the two sees the
        // other.
        const withdrawal = await Withdrawals.findOne(key).lean();
        if (withdrawal !== null && withdrawal.at >= row.eventTime) {
          await withdraw(key, withdrawal.at);
          return;
        }
      }
      options.forwarding.offer([row]);
    },
    async unlike(event: BusEvent<'UNLIKE'>): Promise<void> {
      const key = about(event);
      const at = new Date(event.time);
      try {
        await Withdrawals.updateOne(key, { $max: { at } }, { upsert: true });
      } catch (error) {
        if (duplicateKey(error) === undefined) throw error; // two at once made it: raise the one that is there
        await Withdrawals.updateOne(key, { $max: { at } });
      }
      await withdraw(key, at);
    },
    idle: () => insert.idle(),
  };
}
export type Inbox = ReturnType<typeof createInbox>;
