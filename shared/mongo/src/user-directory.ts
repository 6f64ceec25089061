import type { BusEvent, Privacy } from '@linsta/contracts';
import { peopleAnswer, type PersonRecord } from '@linsta/contracts/internal';
import { createBatchQueue, type InternalClient } from '@linsta/http';
import { LRUCache } from 'lru-cache';
import { Schema, trusted, Types, type Connection } from 'mongoose';
import { duplicateKey } from './duplicates';
import { collectionSchema } from './schema';

interface UserRecordDocument {
  _id: Types.ObjectId;
  name: string;
  email: string | null;
  avatarUrl: string | null;
  privacy?: Privacy;
  /** Time of the event that this was learnt from; an older event never overwrites it. */
  changedAt: Date;
}
const privacySchema = new Schema<Privacy>({ readReceipts: Boolean, presence: Boolean }, { _id: false, strict: 'throw' });
const schema = collectionSchema<UserRecordDocument>('people', {
  name: { type: String, required: true },
  email: { type: String, default: null },
  avatarUrl: { type: String, default: null },
  privacy: { type: privacySchema },
  changedAt: { type: Date, required: true },
});

const FRESH_MS = 10_000;
const MAX_CACHED = 20_000;
/** Shown for a user without a known name. */
export const UNKNOWN_NAME = 'User';

/**
 * A service's own copy of names and pictures, fed by USER_CHANGED. Missing users are requested from
 * the users service.
 */
export function createUserDirectory(options: { connection: Connection; users: InternalClient; now?: () => number }) {
  const Users = options.connection.model('Person', schema);
  const now = options.now ?? Date.now;
  const cache = new LRUCache<string, { user: PersonRecord; until: number }>({ max: MAX_CACHED });

  const remember = (user: PersonRecord) => void cache.set(user._id, { user, until: now() + FRESH_MS });
  const save = async ({ _id, ...fields }: PersonRecord, changedAt: Date) => {
    try {
      await Users.updateOne(
        { _id: new Types.ObjectId(_id), changedAt: trusted({ $lt: changedAt }) },
        { $set: { ...fields, changedAt } },
        { upsert: true },
      );
    } catch (error) {
      if (duplicateKey(error) === undefined) throw error; // a newer event was stored already
    }
  };
  const requests = createBatchQueue<string, PersonRecord | undefined>({
    maxBatch: 500,
    maxWaiting: 10_000,
    send: async (ids) => {
      const { users } = await options.users.post('/people', { userIds: [...new Set(ids)] }, peopleAnswer);
      // Dated at the epoch: any event is newer than an answer whose own time is unknown.
      await Promise.all(users.map((user) => save(user, new Date(0))));
      const byId = new Map(users.map((user) => [user._id, user]));
      return ids.map((id) => byId.get(id));
    },
  });

  /**
   * The known users, by id. With `mayRequest: false`, users that are not stored here are left out.
   */
  const get = async (userIds: Iterable<string>, { mayRequest = true } = {}): Promise<Map<string, PersonRecord>> => {
    const found = new Map<string, PersonRecord>();
    const missing: string[] = [];
    for (const id of new Set(userIds)) {
      const cached = cache.get(id);
      if (cached !== undefined && cached.until > now()) found.set(id, cached.user);
      else missing.push(id);
    }
    if (missing.length === 0) return found;
    const stored = await Users.find({ _id: trusted({ $in: missing.map((id) => new Types.ObjectId(id)) }) }).lean();
    for (const { _id, name, email, avatarUrl, privacy } of stored) {
      const user = { _id: _id.toString(), name, email, avatarUrl, ...(privacy !== undefined && { privacy }) };
      remember(user);
      found.set(user._id, user);
    }
    if (mayRequest) {
      const requested = await Promise.all(missing.filter((id) => !found.has(id)).map((id) => requests.push(id)));
      for (const user of requested) {
        if (user === undefined) continue;
        remember(user);
        found.set(user._id, user);
      }
    }
    return found;
  };

  return {
    get,
    /** Presents any user id, also while the users service is away. */
    async names(userIds: Iterable<string>): Promise<(userId: string) => PersonRecord> {
      const ids = [...userIds];
      const known = await get(ids).catch(() => get(ids, { mayRequest: false }));
      return (userId) => known.get(userId) ?? { _id: userId, name: UNKNOWN_NAME, email: null, avatarUrl: null };
    },
    /** The name of one user if it is known or can be requested now. */
    nameOf: async (userId: string): Promise<string | undefined> => (await get([userId]).catch(() => undefined))?.get(userId)?.name,
    async onUserChanged({ data, time }: BusEvent<'USER_CHANGED'>): Promise<void> {
      const { userId, name, email = null, avatarUrl = null, privacy } = data;
      await save({ _id: userId, name, email, avatarUrl, ...(privacy != null && { privacy }) }, new Date(time));
      cache.delete(data.userId);
    },
  };
}
export type UserDirectory = ReturnType<typeof createUserDirectory>;
