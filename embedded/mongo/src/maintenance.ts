import { documentFrom } from './bson';
import { MongoError } from './errors';
import { findNow } from './find';
import type { Collection, Storage } from './storage/storage';
import type { Index } from './storage/keys';

/** Documents that one transaction removes. */
const PORTION = 500;

/** Removes a portion of the documents that an index says are expired. Answers how many. */
function removeExpired(storage: Storage, collection: Collection, index: Index, seconds: number): number {
  const path = index.keys[0]?.path ?? '';
  const expired = documentFrom([[path, { $lte: new Date(Date.now() - seconds * 1_000) }]]);
  // A partial index promises to expire only the documents that it holds.
  const filter = index.partial === undefined ? expired : { $and: [expired, index.partial] };
  const found = findNow(storage, storage.collection(collection.db, collection.name), { filter, limit: PORTION }, true);
  for (const { doc } of found) storage.remove(collection, doc);
  return found.length;
}

/**
 * Removes expired documents, and what dropped collections and indexes left, at an interval. Answers
 * how to stop.
 */
export function startMaintenance(storage: Storage, intervalMs: number, onError: (error: Error) => void): () => Promise<void> {
  let stopped = false;
  const pass = async () => {
    for (const { db, name } of [...storage.collections.values()])
      for (const { id, expireAfterSeconds: seconds } of storage.collection(db, name)?.indexes ?? []) {
        if (seconds === undefined) continue;
        for (let removed = PORTION; removed === PORTION && !stopped;)
          removed = await storage.write(() => {
            const collection = storage.collection(db, name);
            const index = collection?.indexes.find((candidate) => candidate.id === id);
            return collection === undefined || index === undefined ? 0 : removeExpired(storage, collection, index, seconds);
          });
      }
    for (let more = storage.hasGarbage(); more && !stopped;) more = await storage.collectGarbage();
  };
  let running: Promise<void> | undefined;
  const timer = setInterval(() => {
    running ??= pass()
      .catch((error: Error) => {
        // Every refused write says so itself.
        if (!(error instanceof MongoError && error.codeName === 'OutOfDiskSpace')) onError(error);
      })
      .finally(() => (running = undefined));
  }, intervalMs);
  timer.unref();
  return async () => {
    stopped = true;
    clearInterval(timer);
    await running;
  };
}
