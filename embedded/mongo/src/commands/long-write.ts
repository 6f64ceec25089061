import { decode, type Doc } from '../bson';
import { compileSearch, find, findNow, type Found, type Query } from '../find';
import { keyOfId } from '../storage/keys';
import type { Collection } from '../storage/storage';
import { maxTimeOf, type CommandContext } from './command';
import { itemAt } from '../documents';

/**
 * Searches that other writes outrun before the search is run inside the transaction, however long
 * it takes.
 */
const TRIES = 3;
const SLICE_MS = 50;

/**
 * A write whose documents take long to find: found on a snapshot, taking turns with other commands,
 * and changed in transactions, each document after it is read again and matches still. `apply`
 * answers whether the write goes on to the next document; `none`: no document matched.
 */
export async function longWrite(
  context: CommandContext,
  name: string,
  query: Query,
  apply: (collection: Collection, found: Found) => boolean,
  none?: () => void,
): Promise<void> {
  const { storage, db } = context;
  for (let tries = 1; tries <= TRIES; tries += 1) {
    const collection = storage.collection(db, name);
    const version = collection?.version;
    const keys = await keysOf(context, collection, query);
    if (keys.length > 0 && (await changeFound(context, name, keys, query, apply)) > 0) return;
    if (keys.length > 0) continue;
    if (none === undefined) return;
    const ran = await storage.write(() => {
      if (storage.collection(db, name)?.version !== version) return false;
      none();
      return true;
    });
    if (ran) return;
  }
  await storage.write(() => {
    const collection = storage.collection(db, name);
    const found = findNow(storage, collection, query, true);
    if (found.length === 0) none?.();
    else if (collection !== undefined) for (const one of found) if (!apply(collection, one)) return;
  });
}

async function keysOf({ storage, budget, scheduler, command }: CommandContext, collection: Collection | undefined, query: Query) {
  const lease = budget.lease();
  const snapshot = storage.snapshot();
  try {
    const keys: Buffer[] = [];
    for await (const portion of find(snapshot, collection, query, scheduler.work(maxTimeOf(command)), lease))
      for (const { doc } of portion) {
        const key = keyOfId(doc._id);
        lease.take(key.length + 100);
        keys.push(key);
      }
    return keys;
  } finally {
    snapshot.done();
    lease.free();
  }
}

/** Answers how many of the documents that were found still matched. */
async function changeFound(
  { storage, db }: CommandContext,
  name: string,
  keys: Buffer[],
  { filter, variables }: Query,
  apply: (collection: Collection, found: Found) => boolean,
): Promise<number> {
  const { matches } = compileSearch(filter, variables);
  let next = 0;
  let changed = 0;
  const slice = () => {
    const collection = storage.collection(db, name);
    for (const until = performance.now() + SLICE_MS; next < keys.length && performance.now() < until;) {
      const raw = collection === undefined ? undefined : storage.get(collection, itemAt(keys, next));
      next += 1;
      const doc: Doc | undefined = raw === undefined ? undefined : decode(raw);
      if (collection === undefined || raw === undefined || doc === undefined || matches?.(doc) === false) continue;
      changed += 1;
      if (!apply(collection, { raw, doc })) next = keys.length;
    }
  };
  while (next < keys.length) await storage.write(slice);
  return changed;
}
