import { isVisible, type BusEvent } from '@linsta/contracts';
import { createBatchQueue } from '@linsta/http';
import { duplicateFaults, duplicateKey, type UserDirectory } from '@linsta/mongo';
import { trusted } from 'mongoose';
import type { Forwarding } from '../forwarding';
import { EVENT_INDEX, KEY_INDEX, presentAll, type NotificationDocument, type NotificationModels } from '../model';
import type { Removals } from '../removals';
import type { Webhooks } from '../webhooks/webhooks';
import { createInOrder } from './in-order';
import { keyOf, mergeOf, toRow, type NotificationKey, type Reaction } from './merge';

type Inserted = 'new' | 'key exists' | 'event applied';

/**
 * Turns bus events into notifications: one per recipient, type, actor and reference, in any order
 * and after any repeat. A repeat changes the unread notification in place; an UNLIKE removes it.
 */
export function createInbox(options: {
  models: NotificationModels;
  directory: UserDirectory;
  forwarding: Forwarding;
  removals: Removals;
  webhooks: Webhooks;
  now: () => Date;
}) {
  const { Notifications, Withdrawals } = options.models;
  const { forwarding, removals, now } = options;
  // Events of one key would only make each other's conditional updates fail.
  const inOrder = createInOrder();

  /** All pending rows are one unordered insert. */
  const insert = createBatchQueue<NotificationDocument, Inserted>({
    maxBatch: 500,
    maxWaiting: 20_000,
    send: async (rows) => {
      try {
        await Notifications.collection.insertMany(rows, { ordered: false });
        return rows.map(() => 'new' as const);
      } catch (error) {
        const faults = duplicateFaults(error);
        if (faults === undefined || faults.some(({ errmsg }) => !errmsg.includes(EVENT_INDEX) && !errmsg.includes(KEY_INDEX))) throw error;
        const refused = new Map(faults.map(({ index, errmsg }) => [index, errmsg]));
        return rows.map((_, at) => {
          const errmsg = refused.get(at);
          if (errmsg === undefined) return 'new';
          return errmsg.includes(KEY_INDEX) ? 'key exists' : 'event applied';
        });
      }
    },
  });

  const actorNameOf = async ({ data: { actorId, actorName } }: Reaction): Promise<string | undefined> => {
    if (actorName !== undefined) return actorName;
    const name = await options.directory.nameOf(actorId);
    return name !== undefined && isVisible(name) ? name : undefined;
  };

  /** Removes the unread likes of a key up to this time. */
  const withdraw = async (key: NotificationKey, upTo: Date): Promise<void> => {
    const withdrawn = { ...key, isRead: false, eventTime: trusted({ $lte: upTo }) };
    for (;;) {
      const removed = await Notifications.findOneAndDelete(withdrawn).lean();
      if (removed !== null) await removals.add(removed);
      // A server that is compatible with MongoDB may skip a row while another command changes that
      // row.
      else if ((await Notifications.exists(withdrawn)) === null) return;
    }
  };

  /** Applies an event to the notification of its key. Returns the row to push; undefined: none. */
  const apply = async (event: Reaction, actorName: string | undefined, mayExist: boolean): Promise<NotificationDocument | undefined> => {
    const key = keyOf(event, event.type);
    for (let lookFirst = mayExist; ; lookFirst = false) {
      if (!lookFirst) {
        const row = toRow(event, actorName, now());
        const outcome = await insert.push(row);
        if (outcome === 'new') return row;
        if (outcome === 'event applied') return undefined;
      }
      const stored = await Notifications.findOne({ ...key, version: trusted({ $gte: 1 }) }).lean<NotificationDocument>();
      if (stored === null) continue; // removed at this moment
      const unchanged = { _id: stored._id, userId: stored.userId, version: stored.version ?? 1, isRead: stored.isRead };
      const change = mergeOf(stored, event, actorName, now());
      if (change.kind === 'none') return undefined;
      if (change.kind === 'update') {
        const changed = await Notifications.findOneAndUpdate(
          unchanged,
          { $set: change.set },
          { returnDocument: 'after' },
        ).lean<NotificationDocument>();
        if (changed === null) continue; // changed at this moment
        return change.push ? changed : undefined;
      }
      // The unique index admits the new row only after the old one is gone. A crash between the two
      // loses nothing: the event is not acknowledged yet, and is delivered again.
      const { deletedCount } = await Notifications.deleteOne(unchanged);
      if (deletedCount === 0) continue;
      await removals.add(stored);
      if ((await insert.push(change.row)) === 'new') return change.row;
    }
  };

  /**
   * Hands a new or changed notification to the webhooks. Without a row the event is a repeat, whose
   * first delivery may have ended before this point: then the row that it created counts.
   */
  const announce = async (event: Reaction, row: NotificationDocument | undefined): Promise<void> => {
    const stored = row ?? (await Notifications.findOne({ ...keyOf(event, event.type), eventId: event.id }).lean<NotificationDocument>());
    const [notification] = stored === null ? [] : await presentAll([stored], options.directory);
    if (notification !== undefined) await options.webhooks.notification(event.id, notification);
  };

  return {
    async react(event: Reaction): Promise<void> {
      const { recipientId, actorId } = event.data;
      if (recipientId === actorId) return;
      const actorName = await actorNameOf(event);
      const key = [event.type, recipientId, actorId, event.data.referenceId].join(' ');
      const row = await inOrder(key, (follows) => apply(event, actorName, follows));
      if (options.webhooks.enabled) await announce(event, row);
      if (row === undefined) return;
      if (event.type === 'LIKE') {
        // Inserts first and reads second; UNLIKE does the reverse, so one of the two sees the
        // other.
        const { type: _type, ...key } = keyOf(event, 'LIKE');
        const withdrawal = await Withdrawals.findOne(key).lean();
        if (withdrawal !== null && withdrawal.at >= row.eventTime) {
          await withdraw({ ...key, type: 'LIKE' }, withdrawal.at);
          return;
        }
      }
      forwarding.offer([row]);
    },
    async unlike(event: BusEvent<'UNLIKE'>): Promise<void> {
      const { type, ...key } = keyOf(event, 'LIKE');
      const at = new Date(event.time);
      try {
        await Withdrawals.updateOne(key, { $max: { at } }, { upsert: true });
      } catch (error) {
        if (duplicateKey(error) === undefined) throw error; // a parallel event created it
        await Withdrawals.updateOne(key, { $max: { at } });
      }
      await withdraw({ ...key, type }, at);
    },
    idle: () => insert.idle(),
  };
}
export type Inbox = ReturnType<typeof createInbox>;
