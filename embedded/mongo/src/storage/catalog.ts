import { BSON } from 'bson';
import { type Doc, decode } from '../bson';
import { type Index, type IndexSpec, numberPrefix, openIndex } from './keys';
import type { Bytes } from './scan';

export interface Collection {
  id: number;
  db: string;
  name: string;
  uuid: Buffer;
  /** What its documents' keys begin with. */
  prefix: Buffer;
  /** Without the one on _id: that is the order of the documents themselves. */
  indexes: Index[];
  count: number;
}
interface Entry {
  id: number;
  db: string;
  name: string;
  uuid: Buffer;
  indexes: IndexSpec[];
}

/** Which collections there are and what they are made of: in memory, and stored with every change. */
export function openCatalog(meta: Bytes, docs: Bytes) {
  const collections = new Map<string, Collection>();
  const nameOf = (db: string, name: string) => `${db}.${name}`;
  let lastId = 0;

  const load = () => {
    collections.clear();
    for (const { value } of meta.getRange({})) {
      const entry = BSON.deserialize(value, { promoteBuffers: true }) as unknown as Entry;
      // Filters of partial indexes keep their number types, everything else is ours and plain.
      const typed = decode(value) as unknown as Entry;
      const indexes = entry.indexes.map((spec, at) => {
        const partial: Doc | undefined = typed.indexes[at]?.partial;
        return openIndex({ ...spec, ...(partial !== undefined && { partial }) });
      });
      const prefix = numberPrefix(entry.id);
      const count = docs.getKeysCount({ start: prefix, end: numberPrefix(entry.id + 1) });
      collections.set(nameOf(entry.db, entry.name), { ...entry, indexes, prefix, count });
      lastId = Math.max(lastId, entry.id, ...entry.indexes.map((spec) => spec.id));
    }
  };
  load();

  const nextId = () => (lastId += 1);
  const save = ({ id, db, name, uuid, indexes }: Collection) => {
    const specs = indexes.map(({ covers: _covers, prefix: _prefix, ...spec }) => spec);
    meta.putSync(numberPrefix(id), Buffer.from(BSON.serialize({ id, db, name, uuid, indexes: specs })));
  };

  return {
    collections,
    load,
    nextId,
    save,
    find: (db: string, name: string): Collection | undefined => collections.get(nameOf(db, name)),
    create(db: string, name: string): Collection {
      const id = nextId();
      const collection: Collection = {
        id,
        db,
        name,
        uuid: Buffer.from(crypto.getRandomValues(new Uint8Array(16))),
        prefix: numberPrefix(id),
        indexes: [],
        count: 0,
      };
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
