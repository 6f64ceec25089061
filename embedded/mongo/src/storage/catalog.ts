import { Binary, type Doc, decode, encode, isArray, isDocument, isNumeric, isOf, toDouble } from '../bson';
import { DamagedFileError } from './check';
import { type Index, type IndexKey, isGeoKind, numberPrefix, openIndex } from './keys';
import type { Bytes } from './scan';

export interface Collection {
  id: number;
  db: string;
  name: string;
  uuid: Buffer;
  /** The first bytes of its documents' keys. */
  prefix: Buffer;
  /** Without the one on _id: that is the order of the documents themselves. */
  indexes: Index[];
  /** Indexes that are being built: every write maintains them, no query reads them. */
  building: Index[];
  count: number;
  /** Grows with every change of a document. */
  version: number;
}

const specOf = ({ covers: _covers, prefix: _prefix, ...spec }: Index): Doc => ({ ...spec, keys: spec.keys.map((key) => ({ ...key })) });
const damaged = () => new DamagedFileError('The catalog of the data directory holds an entry that this store did not write');
const documentIn = (value: unknown): Doc => {
  if (!isDocument(value)) throw damaged();
  return value;
};
const arrayIn = (value: unknown): unknown[] => {
  if (!isArray(value)) throw damaged();
  return value;
};
const indexOf = (stored: unknown): Index => {
  const spec = documentIn(stored);
  const { name, partial, expireAfterSeconds } = spec;
  if (typeof name !== 'string') throw damaged();
  const keys = arrayIn(spec.keys)
    .map(documentIn)
    .map(({ path, direction, geo }): IndexKey => ({
      path: String(path),
      direction: toDouble(direction) === -1 ? -1 : 1,
      ...(isGeoKind(geo) && { geo }),
    }));
  return openIndex({
    id: toDouble(spec.id),
    name,
    keys,
    unique: spec.unique === true,
    sparse: spec.sparse === true,
    ...(isDocument(partial) && { partial }),
    ...(isNumeric(expireAfterSeconds) && { expireAfterSeconds: toDouble(expireAfterSeconds) }),
    multikey: arrayIn(spec.multikey).map((met) => met === true),
  });
};

/**
 * Which collections there are and what they are made of: in memory, and stored with every change.
 */
export function openCatalog(meta: Bytes, docs: Bytes) {
  const collections = new Map<string, Collection>();
  const nameOf = (db: string, name: string) => `${db}.${name}`;
  let lastId = 0;
  let versions = 0;

  const load = () => {
    collections.clear();
    for (const { value } of meta.getRange({})) {
      const entry = decode(value);
      const id = toDouble(entry.id);
      const { db, name, uuid } = entry;
      if (typeof db !== 'string' || typeof name !== 'string' || !isOf(uuid, 'binData')) throw damaged();
      const indexes = arrayIn(entry.indexes).map(indexOf);
      const building = arrayIn(entry.building ?? []).map(indexOf);
      const prefix = numberPrefix(id);
      const count = docs.getKeysCount({ start: prefix, end: numberPrefix(id + 1) });
      collections.set(nameOf(db, name), {
        id,
        db,
        name,
        uuid: Buffer.from(uuid.buffer.subarray(0, uuid.position)),
        prefix,
        indexes,
        building,
        count,
        version: (versions += 1),
      });
      lastId = Math.max(lastId, id, ...[...indexes, ...building].map((index) => index.id));
    }
  };
  load();

  const nextId = () => (lastId += 1);
  const save = ({ id, db, name, uuid, indexes, building }: Collection) => {
    const entry = {
      id,
      db,
      name,
      uuid: new Binary(uuid),
      indexes: indexes.map(specOf),
      ...(building.length > 0 && { building: building.map(specOf) }),
    };
    meta.putSync(numberPrefix(id), encode(entry));
  };

  return {
    collections,
    load,
    nextId,
    /** Numbers up to this one are not given again. */
    skipIds: (used: number) => void (lastId = Math.max(lastId, used)),
    save,
    find: (db: string, name: string): Collection | undefined => collections.get(nameOf(db, name)),
    create(db: string, name: string): Collection {
      const id = nextId();
      const uuid = Buffer.from(crypto.getRandomValues(new Uint8Array(16)));
      const collection: Collection = { id, db, name, uuid, prefix: numberPrefix(id), indexes: [], building: [], count: 0, version: 0 };
      collections.set(nameOf(db, name), collection);
      save(collection);
      return collection;
    },
    rename(collection: Collection, db: string, name: string) {
      collections.delete(nameOf(collection.db, collection.name));
      Object.assign(collection, { db, name });
      collections.set(nameOf(db, name), collection);
      save(collection);
    },
    remove(collection: Collection) {
      meta.removeSync(collection.prefix);
      collections.delete(nameOf(collection.db, collection.name));
    },
  };
}
export type Catalog = ReturnType<typeof openCatalog>;
