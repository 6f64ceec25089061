import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { open, type RootDatabase, type Transaction } from 'lmdb';
import { decode, type Doc } from '../bson';
import { type Collection, openCatalog } from './catalog';
import { assertWholeFile } from './check';
import { duplicateKey } from './duplicate-key';
import { assertFormat, FORMAT, readFormat, writeFormat } from './format';
import { createGarbage } from './garbage';
import { createGroupCommit } from './group-commit';
import { entriesOf, entryKey, entrySpan, type Index, type IndexSpec, keyOfId, numberPrefix, openIndex } from './keys';
import { type Bytes, lookup, scan } from './scan';
import { createSpace, DEFAULT_MIN_FREE_BYTES } from './space';

export type { Collection } from './catalog';

/**
 * Reads documents and index entries: that which is stored now, or, of a snapshot, that which was
 * stored when it was taken.
 */
export interface Reader {
  get(collection: Collection, idKey: Buffer): Buffer | undefined;
  /** Documents between two `_id` keys. */
  scanDocs(collection: Collection, low: Buffer, high: Buffer, reverse: boolean): Iterable<Buffer>;
  /** The `_id` keys that index entries between two keys lead to. */
  scanEntries(index: Index, low: Buffer, high: Buffer, reverse: boolean): Iterable<Buffer>;
}
export interface Snapshot extends Reader {
  /** Gives the snapshot back; the pages of an old one cannot be used again until then. */
  done(): void;
}

const ONE_TERABYTE = 1024 ** 4;
/** Each running read may hold a snapshot. */
const MAX_READERS = 6_000;
const FILE = 'store.lmdb';

/** lmdb makes its files readable by others; they are made here first, for their owner alone. */
const ensurePrivate = (path: string) => {
  closeSync(openSync(path, 'a', 0o600));
  if (process.platform !== 'win32') chmodSync(path, 0o600);
};

const bytesOf = (keys: Buffer[]) => keys.reduce((sum, key) => sum + key.length, 0);

/**
 * Documents and index entries as ordered bytes in one LMDB environment. Everything that writes must
 * be called inside `write`.
 */
export function openStorage(dataDir: string, minFreeBytes = DEFAULT_MIN_FREE_BYTES) {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const file = join(dataDir, FILE);
  assertWholeFile(file);
  const binary = { encoding: 'binary', keyEncoding: 'binary' } as const;
  // The map is address space, not memory or disk; growing it later would cost a pause.
  const mapSize = ['x64', 'arm64'].includes(process.arch) ? ONE_TERABYTE : 1024 ** 3;
  ensurePrivate(`${file}-lock`);
  const root: RootDatabase = open({ path: file, maxDbs: 8, mapSize, maxReaders: MAX_READERS, overlappingSync: false, ...binary });
  if (process.platform !== 'win32') chmodSync(file, 0o600);
  const docs: Bytes = root.openDB({ name: 'docs', ...binary });
  const entries: Bytes = root.openDB({ name: 'entries', ...binary });
  const internal: Bytes = root.openDB({ name: 'internal', ...binary });
  try {
    assertFormat(internal, dataDir);
  } catch (error) {
    void root.close();
    throw error;
  }
  const catalog = openCatalog(root.openDB({ name: 'meta', ...binary }), docs);
  const space = createSpace(dataDir, file, minFreeBytes);
  const garbage = createGarbage(internal, { docs, entries }, space);
  const { write } = createGroupCommit(root, space, () => catalog.load());

  /**
   * Records the format, and drops indexes whose building a crash ended. Waits for the next start
   * where the disk is full.
   */
  const prepare = () => {
    const abandoned = [...catalog.collections.values()].filter(({ building }) => building.length > 0);
    if (readFormat(internal) === FORMAT && abandoned.length === 0) return;
    try {
      space.begin();
    } catch {
      return;
    }
    root.transactionSync(() => {
      writeFormat(internal);
      for (const collection of abandoned) {
        for (const index of collection.building) garbage.discard('entries', index.id);
        collection.building = [];
        catalog.save(collection);
      }
    });
  };
  for (const { id } of garbage.pending()) catalog.skipIds(id);
  prepare();

  const docKey = (collection: Collection, idKey: Buffer) => Buffer.concat([collection.prefix, idKey]);

  /**
   * Which index refuses this document, if any. Checked before a write, so that a refusal
   * leaves nothing behind.
   */
  const assertUnique = (collection: Collection, index: Index, doc: Doc, idKey: Buffer, keys: Buffer[]) => {
    if (!index.unique) return;
    for (const key of keys) {
      const holder = entries.getBinary(key);
      if (holder !== undefined && !idKey.equals(holder)) throw duplicateKey(collection, index, doc);
    }
  };
  const learnArrays = (index: Index, multikey: boolean[]): boolean => {
    if (!multikey.some((array, at) => array && index.multikey[at] !== true)) return false;
    index.multikey = index.multikey.map((known, at) => known || multikey[at] === true);
    return true;
  };
  /**
   * The keys that a document has in every index; all are built, and so found too long, before
   * anything is written.
   */
  const entryKeysOf = (collection: Collection, doc: Doc, idKey: Buffer) => {
    const { indexes, building } = collection;
    return (building.length === 0 ? indexes : [...indexes, ...building]).map((index) => {
      const { entries: found, multikey } = entriesOf(index, doc);
      if (learnArrays(index, multikey)) catalog.save(collection);
      return { index, keys: found.map((entry) => entryKey(index, entry, idKey)) };
    });
  };
  /** Accounts for a document's change before anything of it is written. */
  const spendFor = (collection: Collection, raw: Buffer | undefined, all: { keys: Buffer[] }[]) => {
    collection.version += 1;
    const keys = all.reduce((count, one) => count + one.keys.length, 1);
    space.spend(keys, (raw?.length ?? 0) + all.reduce((sum, one) => sum + bytesOf(one.keys), 0));
  };
  /** Adds one document to an index. */
  const indexDocument = (collection: Collection, index: Index, raw: Buffer) => {
    const doc = decode(raw);
    const idKey = keyOfId(doc._id);
    const { entries: found, multikey } = entriesOf(index, doc);
    learnArrays(index, multikey);
    const keys = found.map((entry) => entryKey(index, entry, idKey));
    assertUnique(collection, index, doc, idKey, keys);
    space.spend(keys.length, bytesOf(keys));
    for (const entry of keys) entries.putSync(entry, idKey);
  };
  /**
   * While a unique index is built, another document's entry may stand where this document's would.
   */
  const removeEntry = (collection: Collection, index: Index, entry: Buffer, idKey: Buffer) => {
    if (index.unique && collection.building.includes(index) && entries.getBinary(entry)?.equals(idKey) !== true) return;
    entries.removeSync(entry);
  };
  const newIndex = (spec: Omit<IndexSpec, 'id' | 'multikey'>) =>
    openIndex({ ...spec, id: catalog.nextId(), multikey: spec.keys.map(() => false) });

  const reader = (transaction?: Transaction): Reader => {
    const from = transaction === undefined ? undefined : { transaction };
    return {
      get: (collection, idKey) => docs.get(lookup(docKey(collection, idKey)), from),
      *scanDocs(collection, low, high, reverse) {
        const span = { low: docKey(collection, low), high: docKey(collection, high), reverse };
        for (const { value } of scan(docs, span, transaction)) yield value;
      },
      *scanEntries(index, low, high, reverse) {
        for (const { value } of scan(entries, entrySpan(index, low, high, reverse), transaction)) yield value;
      },
    };
  };

  const stored = reader();
  return {
    ...stored,
    collections: catalog.collections,
    collection: catalog.find,
    write,
    /** The stored data as it is now, for a command that reads all it needs at once. */
    now(): Reader {
      root.resetReadTxn();
      return stored;
    },
    /** The stored data as it is now, for a command that takes turns with writes. */
    snapshot(): Snapshot {
      // lmdb keeps a read transaction open for a while, which would miss that which was
      // acknowledged just before.
      root.resetReadTxn();
      const transaction = root.useReadTransaction();
      return { ...reader(transaction), done: () => transaction.done() };
    },
    create: catalog.create,
    rename: catalog.rename,
    drop(collection: Collection) {
      garbage.discard('docs', collection.id);
      for (const index of [...collection.indexes, ...collection.building]) garbage.discard('entries', index.id);
      catalog.remove(collection);
    },
    hasGarbage: () => garbage.pending().length > 0,
    collectGarbage: () => write(() => garbage.collect()),
    /** Builds an index at once. */
    addIndex(collection: Collection, spec: Omit<IndexSpec, 'id' | 'multikey'>) {
      const index = newIndex(spec);
      try {
        const span = { low: collection.prefix, high: numberPrefix(collection.id + 1), reverse: false };
        for (const { value } of scan(docs, span)) indexDocument(collection, index, value);
      } catch (error) {
        garbage.discard('entries', index.id);
        throw error;
      }
      collection.indexes = [...collection.indexes, index];
      catalog.save(collection);
    },
    /** Begins an index that is built a portion at a time. */
    beginIndex(collection: Collection, spec: Omit<IndexSpec, 'id' | 'multikey'>): Index {
      const index = newIndex(spec);
      collection.building = [...collection.building, index];
      catalog.save(collection);
      return index;
    },
    /**
     * Indexes documents behind `after` until `isDue`. Answers the last key; undefined: the index is
     * complete and in use.
     */
    continueIndex(collection: Collection, index: Index, after: Buffer | undefined, isDue: () => boolean): Buffer | undefined {
      const low = after === undefined ? collection.prefix : Buffer.concat([after, Buffer.alloc(1)]);
      const known = index.multikey;
      let last = after;
      for (const { key, value } of scan(docs, { low, high: numberPrefix(collection.id + 1), reverse: false })) {
        indexDocument(collection, index, value);
        last = key;
        if (isDue()) {
          if (index.multikey !== known) catalog.save(collection);
          return last;
        }
      }
      collection.building = collection.building.filter(({ id }) => id !== index.id);
      collection.indexes = [...collection.indexes, index];
      catalog.save(collection);
      return undefined;
    },
    abandonIndex(collection: Collection, index: Index) {
      garbage.discard('entries', index.id);
      collection.building = collection.building.filter(({ id }) => id !== index.id);
      catalog.save(collection);
    },
    dropIndex(collection: Collection, index: Index) {
      garbage.discard('entries', index.id);
      collection.indexes = collection.indexes.filter((other) => other !== index);
      catalog.save(collection);
    },
    setExpiry(collection: Collection, index: Index, expireAfterSeconds: number) {
      index.expireAfterSeconds = expireAfterSeconds;
      catalog.save(collection);
    },
    insert(collection: Collection, doc: Doc, raw: Buffer) {
      const idKey = keyOfId(doc._id);
      const key = docKey(collection, idKey);
      if (docs.doesExist(key)) throw duplicateKey(collection, undefined, doc);
      const all = entryKeysOf(collection, doc, idKey);
      for (const { index, keys } of all) assertUnique(collection, index, doc, idKey, keys);
      spendFor(collection, raw, all);
      docs.putSync(key, raw);
      for (const { keys } of all) for (const entry of keys) entries.putSync(entry, idKey);
      collection.count += 1;
    },
    replace(collection: Collection, before: Doc, after: Doc, raw: Buffer) {
      const idKey = keyOfId(after._id);
      const now = entryKeysOf(collection, after, idKey);
      for (const { index, keys } of now) assertUnique(collection, index, after, idKey, keys);
      const then = entryKeysOf(collection, before, idKey);
      spendFor(collection, raw, [...now, ...then]);
      now.forEach(({ index, keys: come }, at) => {
        const gone = new Map((then[at]?.keys ?? []).map((key) => [key.toString('latin1'), key]));
        for (const entry of come) if (!gone.delete(entry.toString('latin1'))) entries.putSync(entry, idKey);
        for (const entry of gone.values()) removeEntry(collection, index, entry, idKey);
      });
      docs.putSync(docKey(collection, idKey), raw);
    },
    remove(collection: Collection, doc: Doc) {
      const idKey = keyOfId(doc._id);
      const all = entryKeysOf(collection, doc, idKey);
      spendFor(collection, undefined, all);
      for (const { index, keys } of all) for (const entry of keys) removeEntry(collection, index, entry, idKey);
      docs.removeSync(docKey(collection, idKey));
      collection.count -= 1;
    },
    close: () => root.close(),
  };
}
export type Storage = ReturnType<typeof openStorage>;
