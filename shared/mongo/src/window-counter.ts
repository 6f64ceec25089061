import { trusted, type Connection } from 'mongoose';
import { duplicateKey } from './duplicates';
import { collectionSchema } from './schema';

interface CounterDocument {
  _id: string;
  count: number;
  since: Date;
}

export interface WindowCounter {
  /**
   * Counts one more under this key: the number within its window, and the seconds until the window
   * ends.
   */
  add(key: string): Promise<{ count: number; endsInSeconds: number }>;
  /** Takes one back. */
  release(key: string): Promise<void>;
  clear(key: string): Promise<void>;
}

/**
 * Counts per key in windows of a fixed length, which begin with the first count. Atomic over all
 * processes: a limit that is compared with the returned number holds for any number of parallel
 * callers.
 */
export function createWindowCounter(options: {
  connection: Connection;
  collection: string;
  windowSeconds: number;
  now: () => Date;
}): WindowCounter {
  const { connection, collection, windowSeconds, now } = options;
  const schema = collectionSchema<CounterDocument>(collection, {
    _id: { type: String, required: true },
    count: { type: Number, required: true },
    since: { type: Date, required: true },
  });
  schema.index({ since: 1 }, { expireAfterSeconds: windowSeconds, name: 'expiry' });
  const Counters = connection.model<CounterDocument>(`Counter ${collection}`, schema);

  const endsIn = (since: Date, at: Date) => Math.max(1, Math.ceil(windowSeconds - (at.getTime() - since.getTime()) / 1000));

  return {
    async add(key) {
      for (;;) {
        const at = now();
        const windowStart = new Date(at.getTime() - windowSeconds * 1000);
        const counted = await Counters.findOneAndUpdate(
          { _id: key, since: trusted({ $gt: windowStart }) },
          { $inc: { count: 1 } },
          { returnDocument: 'after' },
        ).lean();
        if (counted !== null) return { count: counted.count, endsInSeconds: endsIn(counted.since, at) };
        try {
          await Counters.updateOne(
            { _id: key, since: trusted({ $lte: windowStart }) },
            { $set: { since: at, count: 1 } },
            { upsert: true },
          );
          return { count: 1, endsInSeconds: windowSeconds };
        } catch (error) {
          if (duplicateKey(error) === undefined) throw error; // a parallel call began the window
        }
      }
    },
    release: async (key) => void (await Counters.updateOne({ _id: key, count: trusted({ $gt: 0 }) }, { $inc: { count: -1 } })),
    clear: async (key) => void (await Counters.deleteOne({ _id: key })),
  };
}
