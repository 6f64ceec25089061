import { peopleAnswer, type BusEvent, type PersonRecord } from '@linsta/contracts';
import { Schema, trusted, Types, type Connection } from 'mongoose';
import { duplicateKey } from './errors';
import type { InternalClient } from './internal-client';
import { createBatchLink } from './batch-link';

interface PersonDocument {
  _id: Types.ObjectId;
  name: string;
  email: string | null;
  avatarUrl: string | null;
  /** Time of the fact this was learnt from; an older one never overwrites it. */
  changedAt: Date;
}
const schema = new Schema<PersonDocument>(
  {
    name: { type: String, required: true },
    email: { type: String, default: null },
    avatarUrl: { type: String, default: null },
    changedAt: { type: Date, required: true },
  },
  { strict: 'throw', versionKey: false, collection: 'people' },
);

const FRESH_MS = 10_000;
const MAX_CACHED = 20_000;
/** Shown where nobody told us a name. */
export const UNKNOWN_NAME = 'User';

/** A service's own small copy of who is who, fed by USER_CHANGED; what it lacks it asks of the users service. */
export function createPeople(options: { connection: Connection; users: InternalClient; now?: () => number }) {
  const People = options.connection.model('Person', schema);
  const now = options.now ?? Date.now;
  const cache = new Map<string, { person: PersonRecord; until: number }>();

  const remember = (person: PersonRecord) => {
    if (cache.size >= MAX_CACHED) cache.clear();
    cache.set(person._id, { person, until: now() + FRESH_MS });
  };
  const save = async (person: PersonRecord, changedAt: Date) => {
    const { _id, ...fields } = person;
    try {
      await People.updateOne(
        { _id: new Types.ObjectId(_id), changedAt: trusted({ $lt: changedAt }) },
        { $set: { ...fields, changedAt } },
        { upsert: true },
      );
    } catch (error) {
      if (duplicateKey(error) === undefined) throw error; // a newer fact is there already
    }
  };
  const ask = createBatchLink<string, PersonRecord | undefined>({
    maxBatch: 500,
    maxWaiting: 10_000,
    send: async (ids) => {
      const { users } = await options.users.post('/people', { userIds: [...new Set(ids)] }, peopleAnswer);
      // Dated at the epoch: any fact from the bus is newer than an answer whose own time is unknown.
      await Promise.all(users.map((person) => save(person, new Date(0))));
      const byId = new Map(users.map((person) => [person._id, person]));
      return ids.map((id) => byId.get(id));
    },
  });

  /** Those that are known, by id. With `ask: false`, people not known here are left out instead of asked for. */
  const get = async (userIds: Iterable<string>, { mayAsk = true } = {}): Promise<Map<string, PersonRecord>> => {
    const found = new Map<string, PersonRecord>();
    const missing: string[] = [];
    for (const id of new Set(userIds)) {
      const entry = cache.get(id);
      if (entry !== undefined && entry.until > now()) found.set(id, entry.person);
      else missing.push(id);
    }
    if (missing.length === 0) return found;
    const stored = await People.find({ _id: trusted({ $in: missing.map((id) => new Types.ObjectId(id)) }) }).lean();
    for (const { _id, name, email, avatarUrl } of stored) {
      const person = { _id: _id.toString(), name, email, avatarUrl };
      remember(person);
      found.set(person._id, person);
    }
    if (mayAsk) {
      const asked = await Promise.all(missing.filter((id) => !found.has(id)).map((id) => ask.push(id)));
      for (const person of asked) {
        if (person === undefined) continue;
        remember(person);
        found.set(person._id, person);
      }
    }
    return found;
  };

  return {
    get,
    /** Names for a page that must be shown even while the users service is away. */
    async names(userIds: Iterable<string>): Promise<(userId: string) => PersonRecord> {
      const ids = [...userIds];
      const known = await get(ids).catch(() => get(ids, { mayAsk: false }));
      return (userId) => known.get(userId) ?? { _id: userId, name: UNKNOWN_NAME, email: null, avatarUrl: null };
    },
    async onUserChanged({ data, time }: BusEvent<'USER_CHANGED'>): Promise<void> {
      await save({ _id: data.userId, name: data.name, email: data.email ?? null, avatarUrl: data.avatarUrl ?? null }, new Date(time));
      cache.delete(data.userId);
    },
  };
}
export type People = ReturnType<typeof createPeople>;
