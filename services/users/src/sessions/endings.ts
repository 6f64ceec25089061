import type { BusEvent } from '@linsta/contracts';
import { duplicateKey, pushToOutbox, type OutboxRelay } from '@linsta/mongo';
import { trusted, Types } from 'mongoose';
import { sessionsEnded, type UsersModels } from '../model';
import type { Sessions } from './sessions';

/** Ends of all sessions of a user, also of those that another issuer keeps. */
export function createEndings(options: {
  models: Pick<UsersModels, 'Endings'>;
  sessions: Pick<Sessions, 'endOthers'>;
  relay: OutboxRelay;
  now: () => Date;
}) {
  const { Endings } = options.models;
  const { sessions, relay, now } = options;

  /** Refuses tokens of this user that were issued up to `before`, and publishes `events`. */
  const refuseUntil = async (_id: Types.ObjectId, before: Date, events: BusEvent[]) => {
    for (;;)
      try {
        const changed = { $max: { before } };
        await Endings.updateOne({ _id }, events.length === 0 ? changed : { ...pushToOutbox(...events), ...changed }, { upsert: true });
        return;
      } catch (error) {
        if (duplicateKey(error) === undefined) throw error; // another process wrote the first one
      }
  };

  return {
    /** Resolves when the end is published, or after a second. */
    async endAll(userId: string): Promise<void> {
      const _id = new Types.ObjectId(userId);
      const before = now();
      const event = sessionsEnded(_id, before);
      await refuseUntil(_id, before, [event]);
      await relay.publishNow({ _id, outbox: [event] });
      await sessions.endOthers(userId, undefined);
    },
    /** The same, as another service has published it already. */
    async endedElsewhere(userId: string, time: Date): Promise<void> {
      await refuseUntil(new Types.ObjectId(userId), new Date(Math.min(time.getTime(), now().getTime())), []);
      await sessions.endOthers(userId, undefined);
    },
    async of(userIds: string[]): Promise<{ userId: string; before: number }[]> {
      if (userIds.length === 0) return [];
      const found = await Endings.find({ _id: trusted({ $in: userIds.map((id) => new Types.ObjectId(id)) }) }, { before: 1 }).lean();
      return found.map(({ _id, before }) => ({ userId: _id.toString(), before: before.getTime() }));
    },
  };
}
export type Endings = ReturnType<typeof createEndings>;
