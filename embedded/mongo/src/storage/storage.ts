import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { open, type RootDatabase } from 'lmdb';
import { type Doc, decode } from '../bson';
import { openCatalog, type Collection } from './catalog';
import { duplicateKey } from './duplicate-key';
import { createGroupCommit } from './group-commit';
import { entriesOf, entryKey, entrySpan, type Index, type IndexSpec, keyOfId, numberPrefix, openIndex } from './keys';
import { asked, type Bytes, scan } from './scan';

export type { Collection } from './catalog';

const ONE_TERABYTE = 1024 ** 4;
const BUILD_CHUNK = 1_000;

/** Documents and index entries as ordered bytes in one LMDB environment. Everything that writes must be called inside `write`. */
export function openStorage(dataDir: string) {
  mkdirSync(dataDir, { recursive: true });
  const binary = { encoding: 'binary', keyEncoding: 'binary' } as const;
  // The map is address space, not memory or disk; growing it later would cost a pause.
  const mapSize = ['x64', 'arm64'].includes(process.arch) ? ONE_TERABYTE : 1024 ** 3;
  const root: RootDatabase = open({ path: join(dataDir, 'store.lmdb'), maxDbs: 8, mapSize, overlappingSync: false, ...binary });
  const docs: Bytes = root.openDB({ name: 'docs', ...binary });
  const entries: Bytes = root.openDB({ name: 'entries', ...binary });
  const catalog = openCatalog(root.openDB({ name: 'meta', ...binary }), docs);
  const { write } = createGroupCommit(root, () => catalog.load());

  const docKey = (collection: Collection, idKey: Buffer) => Buffer.concat([collection.prefix, idKey]);
  const clear = (database: Bytes, id: number) => {
    const range = { start: numberPrefix(id), end: numberPrefix(id + 1), limit: BUILD_CHUNK };
    for (let keys = [...database.getKeys(range)]; keys.length > 0; keys = [...database.getKeys(range)])
      for (const key of keys) database.removeSync(key);
  };

  /** Which index refuses this document, if any. Asked before anything is written, so that a refusal leaves nothing behind. */
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
  /** The keys a document has in every index; all are built, and so found too long, before anything is written. */
  const entryKeysOf = (collection: Collection, doc: Doc, idKey: Buffer) =>
    collection.indexes.map((index) => {
      const { entries: found, multikey } = entriesOf(index, doc);
      if (learnArrays(index, multikey)) catalog.save(collection);
      return { index, keys: found.map((entry) => entryKey(index, entry, idKey)) };
    });

  return {
    collections: catalog.collections,
    collection: catalog.find,
    write,
    /** LMDB keeps a read transaction open for a while; without this a read could miss what was acknowledged just before. */
    freshRead: () => root.resetReadTxn(),
    create: catalog.create,
    rename: catalog.rename,
    drop(collection: Collection) {
      clear(docs, collection.id);
      for (const index of collection.indexes) clear(entries, index.id);
      catalog.remove(collection);
    },
    addIndex(collection: Collection, spec: Omit<IndexSpec, 'id' | 'multikey'>) {
      const index = openIndex({ ...spec, id: catalog.nextId(), multikey: spec.keys.map(() => false) });
      try {
        for (const raw of scan(docs, { low: collection.prefix, high: numberPrefix(collection.id + 1), reverse: false })) {
          const doc = decode(raw);
          const idKey = keyOfId(doc._id);
          const { entries: found, multikey } = entriesOf(index, doc);
          learnArrays(index, multikey);
          const keys = found.map((entry) => entryKey(index, entry, idKey));
          assertUnique(collection, index, doc, idKey, keys);
          for (const entry of keys) entries.putSync(entry, idKey);
        }
      } catch (error) {
        clear(entries, index.id);
        throw error;
      }
      collection.indexes = [...collection.indexes, index];
      catalog.save(collection);
    },
    dropIndex(collection: Collection, index: Index) {
      clear(entries, index.id);
      collection.indexes = collection.indexes.filter((other) => other !== index);
      catalog.save(collection);
    },
    setExpiry(collection: Collection, index: Index, expireAfterSeconds: number) {
      index.expireAfterSeconds = expireAfterSeconds;
      catalog.save(collection);
    },
    get: (collection: Collection, idKey: Buffer): Buffer | undefined => docs.getBinary(asked(docKey(collection, idKey))),
    insert(collection: Collection, doc: Doc, raw: Buffer) {
      const idKey = keyOfId(doc._id);
      const key = docKey(collection, idKey);
      if (docs.doesExist(key)) throw duplicateKey(collection, undefined, doc);
      const all = entryKeysOf(collection, doc, idKey);
      for (const { index, keys } of all) assertUnique(collection, index, doc, idKey, keys);
      docs.putSync(key, raw);
      for (const { keys } of all) for (const entry of keys) entries.putSync(entry, idKey);
      collection.count += 1;
    },
    replace(collection: Collection, before: Doc, after: Doc, raw: Buffer) {
      const idKey = keyOfId(after._id);
      const now = entryKeysOf(collection, after, idKey);
      for (const { index, keys } of now) assertUnique(collection, index, after, idKey, keys);
      const then = entryKeysOf(collection, before, idKey);
      now.forEach(({ keys: come }, at) => {
        const gone = then[at]?.keys ?? [];
        for (const entry of gone) if (!come.some((other) => other.equals(entry))) entries.removeSync(entry);
        for (const entry of come) if (!gone.some((other) => other.equals(entry))) entries.putSync(entry, idKey);
      });
      docs.putSync(docKey(collection, idKey), raw);
    },
    remove(collection: Collection, doc: Doc) {
      const idKey = keyOfId(doc._id);
      for (const { keys } of entryKeysOf(collection, doc, idKey)) for (const entry of keys) entries.removeSync(entry);
      docs.removeSync(docKey(collection, idKey));
      collection.count -= 1;
    },
    /** Documents between two `_id` keys. */
    scanDocs: (collection: Collection, low: Buffer, high: Buffer, reverse: boolean, firstChunk?: number) =>
      scan(docs, { low: docKey(collection, low), high: docKey(collection, high), reverse }, firstChunk),
    /** The `_id` keys that index entries between two keys lead to. */
    scanEntries: (index: Index, low: Buffer, high: Buffer, reverse: boolean, firstChunk?: number) =>
      scan(entries, entrySpan(index, low, high, reverse), firstChunk),
    close: () => root.close(),
  };
}
export type Storage = ReturnType<typeof openStorage>;
