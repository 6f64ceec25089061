import { find } from './find';
import type { Storage } from './storage/storage';

const AT_ONCE = 1_000;

/** Removes documents whose time has come, by the indexes that say so. Answers how to stop. */
export function startTtlMonitor(storage: Storage, intervalMs: number, onError: (error: Error) => void): () => Promise<void> {
  const pass = async () => {
    for (const collection of [...storage.collections.values()]) {
      for (const index of collection.indexes) {
        const [key] = index.keys;
        const { expireAfterSeconds, partial } = index;
        if (expireAfterSeconds === undefined || key === undefined) continue;
        const expired = { [key.path]: { $lte: new Date(Date.now() - expireAfterSeconds * 1_000) } };
        // A partial index promises to expire only what it holds.
        const filter = partial === undefined ? expired : { $and: [expired, partial] };
        for (let removed = AT_ONCE; removed === AT_ONCE;) {
          removed = await storage.write(() => {
            const found = [...find(storage, storage.collection(collection.db, collection.name), { filter, limit: AT_ONCE })];
            for (const { doc } of found) storage.remove(collection, doc);
            return found.length;
          });
        }
      }
    }
  };
  let running: Promise<void> | undefined;
  const timer = setInterval(() => {
    running ??= pass()
      .catch(onError)
      .finally(() => (running = undefined));
  }, intervalMs);
  timer.unref();
  return async () => {
    clearInterval(timer);
    await running;
  };
}
