import { type Doc, fieldsOf, Int32, isDocument, isNumeric, toDouble } from '../bson';
import { equal } from '../compare';
import { badValue, MongoError, notHere } from '../errors';
import { type Index, type IndexSpec, isGeoKind, shownDirection } from '../storage/keys';
import type { Collection } from '../storage/storage';
import { listing } from './collections';
import { type Command, type CommandContext, collectionName, noSuchNamespace, orCreate } from './command';
import { isIdIndex, keyPattern, parseIndex, present } from './index-spec';

export const listIndexes: Command = (context) => {
  const { storage, db, command } = context;
  const name = collectionName(command.listIndexes);
  const collection = storage.collection(db, name);
  if (collection === undefined) throw noSuchNamespace(`${db}.${name}`);
  return listing(context, `${db}.${name}`, [
    { v: new Int32(2), key: { _id: new Int32(1) }, name: '_id_' },
    ...collection.indexes.map(present),
  ]);
};

type Spec = Omit<IndexSpec, 'id' | 'multikey'>;
const sameKeys = (index: Spec, spec: Spec) => JSON.stringify(index.keys) === JSON.stringify(spec.keys);
const samePartial = ({ partial: a }: Spec, { partial: b }: Spec) => (a === undefined || b === undefined ? a === b : equal(a, b));

/** Whether an index is there already. Throws where one of its name or keys is another. */
function isThere(indexes: Index[], spec: Spec): boolean {
  const named = indexes.find((index) => index.name === spec.name);
  if (named !== undefined) {
    const alike =
      sameKeys(named, spec) &&
      named.unique === spec.unique &&
      named.sparse === spec.sparse &&
      named.expireAfterSeconds === spec.expireAfterSeconds &&
      samePartial(named, spec);
    if (alike) return true;
    throw new MongoError(
      'IndexKeySpecsConflict',
      `An existing index has the same name as the requested index. When index names are not specified, they are auto generated and can cause conflicts. Please refer to our documentation. Requested index: ${spec.name}`,
    );
  }
  const twin = indexes.find((index) => sameKeys(index, spec) && samePartial(index, spec));
  if (twin !== undefined) throw new MongoError('IndexOptionsConflict', `Index already exists with a different name: ${twin.name}`);
  return false;
}

/**
 * An index of a larger collection is built a portion at a time, so that other commands get their
 * turn.
 */
const BUILT_AT_ONCE = 1_000;
const SLICE_MS = 25;

export const createIndexes: Command = async (context) => {
  const { storage, db, command } = context;
  const name = collectionName(command.createIndexes);
  if (!Array.isArray(command.indexes) || command.indexes.length === 0) throw badValue('Must specify at least one index to create');
  const specs = command.indexes.map(parseIndex);
  const reply = await storage.write((): Doc & { left: Spec[] } => {
    const existed = storage.collection(db, name) !== undefined;
    const collection = orCreate(storage, db, name);
    const numIndexesBefore = new Int32(collection.indexes.length + 1);
    const left: Spec[] = [];
    for (const spec of specs) {
      if (isIdIndex(spec) || isThere(collection.indexes, spec)) continue;
      if (collection.count > BUILT_AT_ONCE || collection.building.length > 0) left.push(spec);
      else storage.addIndex(collection, spec);
    }
    return { numIndexesBefore, createdCollectionAutomatically: !existed, left };
  });
  const { left, ...counts } = reply;
  for (const spec of left) await buildIndex(context, name, spec);
  const numIndexesAfter = new Int32((storage.collection(db, name)?.indexes.length ?? 0) + 1);
  return { ...counts, numIndexesAfter, ok: 1 };
};

async function buildIndex({ storage, db }: CommandContext, name: string, spec: Spec): Promise<void> {
  const current = (): Collection => {
    const collection = storage.collection(db, name);
    if (collection === undefined) throw new MongoError(276, `Index build aborted: the collection ${db}.${name} was dropped`);
    return collection;
  };
  const id = await storage.write((): number | undefined => {
    const collection = current();
    if (isThere(collection.indexes, spec)) return undefined;
    if (isThere(collection.building, spec)) throw new MongoError(276, `Index build aborted: ${spec.name} is being built already`);
    return storage.beginIndex(collection, spec).id;
  });
  if (id === undefined) return;
  const portion = (after: Buffer | undefined) =>
    storage.write(() => {
      const collection = current();
      const index = collection.building.find((candidate) => candidate.id === id);
      if (index === undefined) throw new MongoError(276, `Index build aborted: ${spec.name} is gone`);
      const until = performance.now() + SLICE_MS;
      try {
        return storage.continueIndex(collection, index, after, () => performance.now() > until);
      } catch (error) {
        storage.abandonIndex(collection, index);
        throw error;
      }
    });
  for (let last = await portion(undefined); last !== undefined; last = await portion(last));
}

const nameOrKeys = (which: unknown) => (index: Index) =>
  index.name === which ||
  (isDocument(which) &&
    JSON.stringify(
      fieldsOf(which).map(([path, direction]) => [path, isGeoKind(direction) ? direction : Math.sign(toDouble(direction))]),
    ) === JSON.stringify(index.keys.map((key) => [key.path, shownDirection(key)])));

export const dropIndexes: Command = ({ storage, db, command }) => {
  const name = collectionName(command.dropIndexes);
  const given = command.index;
  const wanted: unknown[] = Array.isArray(given) ? given : [given];
  if (!wanted.every((which) => typeof which === 'string' || (isDocument(which) && !Array.isArray(given))))
    throw new MongoError('TypeMismatch', "'index' must be a name, a key pattern or an array of names");
  return storage.write((): Doc => {
    const collection = storage.collection(db, name);
    if (collection === undefined) throw noSuchNamespace(`${db}.${name}`);
    const nIndexesWas = new Int32(collection.indexes.length + 1);
    if (given === '*') {
      for (const index of [...collection.indexes]) storage.dropIndex(collection, index);
      return { nIndexesWas, ok: 1 };
    }
    const found = wanted.map((which) => {
      if (which === '_id_' || (isDocument(which) && isIdPattern(which))) throw new MongoError('InvalidOptions', 'cannot drop _id index');
      const index = collection.indexes.find(nameOrKeys(which));
      if (index === undefined)
        throw new MongoError('IndexNotFound', `index not found with name [${typeof which === 'string' ? which : JSON.stringify(which)}]`);
      return index;
    });
    for (const index of found) storage.dropIndex(collection, index);
    return { nIndexesWas, ok: 1 };
  });
};
const isIdPattern = (pattern: Doc) => Object.keys(pattern).join() === '_id';

export const collMod: Command = ({ storage, db, command }) => {
  const collection = storage.collection(db, collectionName(command.collMod));
  if (collection === undefined) throw noSuchNamespace(`${db}.${String(command.collMod)}`);
  const spec = command.index;
  if (!isDocument(spec)) return { ok: 1 };
  for (const option of Object.keys(spec))
    if (!['name', 'keyPattern', 'expireAfterSeconds'].includes(option)) throw notHere(`the change ${option} of an index`);
  const index = collection.indexes.find(
    (other) => other.name === spec.name || (isDocument(spec.keyPattern) && equal(keyPattern(other), spec.keyPattern)),
  );
  if (index === undefined) throw new MongoError('IndexNotFound', 'cannot find index for collMod');
  if (!isNumeric(spec.expireAfterSeconds)) throw badValue('no expireAfterSeconds, hidden, unique, or prepareUnique field');
  const seconds = Math.trunc(toDouble(spec.expireAfterSeconds));
  if (!(seconds >= 0 && seconds <= 2_147_483_647)) throw badValue('expireAfterSeconds must be from 0 to 2147483647');
  if (index.keys.length !== 1) throw badValue('TTL indexes are single-field indexes');
  return storage.write((): Doc => {
    storage.setExpiry(collection, index, seconds);
    return { ok: 1 };
  });
};
