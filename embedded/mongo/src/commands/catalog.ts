import { Binary, type Doc, encode, Int32, isDocument, isNumeric, isTrue, toDouble } from '../bson';
import { badValue, MongoError, notHere } from '../errors';
import { compileFilter } from '../matcher';
import type { Index } from '../storage/keys';
import type { Collection } from '../storage/storage';
import { type Command, collectionName, documentOf, orCreate, refuse } from './command';

const missing = (ns: string) => new MongoError(26, 'NamespaceNotFound', `ns does not exist: ${ns}`);

export const create: Command = ({ storage, db, command }) => {
  const name = collectionName(command.create);
  refuse(
    command,
    'capped',
    'timeseries',
    'validator',
    'viewOn',
    'pipeline',
    'collation',
    'clusteredIndex',
    'encryptedFields',
    'expireAfterSeconds',
    'changeStreamPreAndPostImages',
  );
  return storage.write((): Doc => {
    if (storage.collection(db, name) !== undefined) throw new MongoError(48, 'NamespaceExists', `Collection ${db}.${name} already exists.`);
    storage.create(db, name);
    return { ok: 1 };
  });
};

export const drop: Command = ({ storage, db, command }) => {
  const name = collectionName(command.drop);
  return storage.write((): Doc => {
    const collection = storage.collection(db, name);
    if (collection === undefined) return { ok: 1 };
    const nIndexesWas = collection.indexes.length + 1;
    storage.drop(collection);
    return { nIndexesWas, ns: `${db}.${name}`, ok: 1 };
  });
};

const ofDatabase = (collections: Map<string, Collection>, db: string) =>
  [...collections.values()].filter((collection) => collection.db === db);

export const dropDatabase: Command = ({ storage, db }) =>
  storage.write((): Doc => {
    for (const collection of ofDatabase(storage.collections, db)) storage.drop(collection);
    return { dropped: db, ok: 1 };
  });

export const renameCollection: Command = ({ storage, command }) => {
  const [from, to] = [command.renameCollection, command.to].map((ns) => {
    const [db = '', ...rest] = String(ns).split('.');
    return { db, name: collectionName(rest.join('.')) };
  }) as [{ db: string; name: string }, { db: string; name: string }];
  return storage.write((): Doc => {
    const collection = storage.collection(from.db, from.name);
    if (collection === undefined) throw missing(`${from.db}.${from.name}`);
    const target = storage.collection(to.db, to.name);
    if (target !== undefined && !isTrue(command.dropTarget)) throw new MongoError(48, 'NamespaceExists', 'target namespace exists');
    if (target !== undefined) storage.drop(target);
    storage.rename(collection, to.db, to.name);
    return { ok: 1 };
  });
};

export const listCollections: Command = ({ storage, cursors, db, command }) => {
  const matches = compileFilter(documentOf(command.filter, 'filter'));
  const docs = ofDatabase(storage.collections, db)
    .map((collection): Doc => ({
      name: collection.name,
      type: 'collection',
      options: {},
      info: { readOnly: false, uuid: new Binary(collection.uuid, 4) },
      idIndex: { v: new Int32(2), key: { _id: new Int32(1) }, name: '_id_' },
    }))
    .filter(matches)
    .map((doc) => encode(isTrue(command.nameOnly) ? { name: doc.name, type: doc.type } : doc));
  return cursors.first(`${db}.$cmd.listCollections`, docs, undefined, false);
};

export const listDatabases: Command = ({ storage, command }) => {
  const names = [...new Set([...storage.collections.values()].map(({ db }) => db))].sort();
  const matches = compileFilter(documentOf(command.filter, 'filter'));
  const databases = names.map((name): Doc => ({ name, sizeOnDisk: new Int32(0), empty: false })).filter(matches);
  return { databases: isTrue(command.nameOnly) ? databases.map(({ name }) => ({ name })) : databases, totalSize: new Int32(0), ok: 1 };
};

const keyPattern = (index: Pick<Index, 'keys'>): Doc =>
  Object.fromEntries(index.keys.map(({ path, direction }) => [path, new Int32(direction)]));
const present = (index: Index): Doc => ({
  v: new Int32(2),
  key: keyPattern(index),
  name: index.name,
  ...(index.unique && { unique: true }),
  ...(index.sparse && { sparse: true }),
  ...(index.partial !== undefined && { partialFilterExpression: index.partial }),
  ...(index.expireAfterSeconds !== undefined && { expireAfterSeconds: new Int32(index.expireAfterSeconds) }),
});

export const listIndexes: Command = ({ storage, cursors, db, command }) => {
  const name = collectionName(command.listIndexes);
  const collection = storage.collection(db, name);
  if (collection === undefined) throw missing(`${db}.${name}`);
  return cursors.first(
    `${db}.${name}`,
    [{ v: new Int32(2), key: { _id: new Int32(1) }, name: '_id_' }, ...collection.indexes.map(present)].map(encode),
    undefined,
    false,
  );
};

function parseIndex(spec: Doc) {
  refuse(
    spec,
    'collation',
    'weights',
    'default_language',
    'language_override',
    'textIndexVersion',
    '2dsphereIndexVersion',
    'bits',
    'wildcardProjection',
    'hidden',
    'prepareUnique',
  );
  for (const option of Object.keys(spec))
    if (
      !['key', 'name', 'unique', 'sparse', 'partialFilterExpression', 'expireAfterSeconds', 'background', 'v', 'ns'].includes(option) &&
      spec[option] !== undefined
    )
      throw new MongoError(197, 'InvalidIndexSpecificationOption', `The field '${option}' is not valid for an index specification`);
  const key = documentOf(spec.key, 'key');
  if (Object.keys(key).length === 0) throw new MongoError(67, 'CannotCreateIndex', 'Index keys cannot be an empty object');
  const keys = Object.entries(key).map(([path, direction]) => {
    if (typeof direction === 'string') throw notHere(`a ${direction} index`);
    if (path.includes('$**')) throw notHere('a wildcard index');
    const sign = isNumeric(direction) ? Math.sign(toDouble(direction)) : 0;
    if (sign === 0)
      throw new MongoError(67, 'CannotCreateIndex', 'Values in v:2 index key pattern must be of type number (not 0) or string');
    return { path, direction: sign as 1 | -1 };
  });
  const partial = spec.partialFilterExpression;
  if (partial !== undefined) compileFilter(documentOf(partial, 'partialFilterExpression'));
  const sparse = isTrue(spec.sparse);
  if (sparse && partial !== undefined)
    throw new MongoError(67, 'CannotCreateIndex', 'cannot mix "partialFilterExpression" and "sparse" options');
  const name = typeof spec.name === 'string' ? spec.name : keys.map(({ path, direction }) => `${path}_${direction}`).join('_');
  const expire = spec.expireAfterSeconds;
  if (expire !== undefined && (keys.length !== 1 || !isNumeric(expire)))
    throw new MongoError(67, 'CannotCreateIndex', 'TTL indexes are single-field indexes with a number of seconds');
  return {
    name,
    keys,
    unique: isTrue(spec.unique),
    sparse,
    ...(partial !== undefined && { partial: partial as Doc }),
    ...(expire !== undefined && { expireAfterSeconds: toDouble(expire) }),
  };
}

export const createIndexes: Command = ({ storage, db, command }) => {
  const name = collectionName(command.createIndexes);
  if (!Array.isArray(command.indexes) || command.indexes.length === 0) throw badValue('Must specify at least one index to create');
  const specs = (command.indexes as Doc[]).map(parseIndex);
  return storage.write((): Doc => {
    const existed = storage.collection(db, name) !== undefined;
    const collection = orCreate(storage, db, name);
    const numIndexesBefore = collection.indexes.length + 1;
    for (const spec of specs) {
      if (spec.keys.length === 1 && spec.keys[0]?.path === '_id') continue;
      const same = (index: Index) => JSON.stringify(index.keys) === JSON.stringify(spec.keys);
      const alike = (index: Index) =>
        same(index) &&
        index.unique === spec.unique &&
        index.sparse === spec.sparse &&
        index.expireAfterSeconds === spec.expireAfterSeconds &&
        JSON.stringify(index.partial) === JSON.stringify('partial' in spec ? spec.partial : undefined);
      const named = collection.indexes.find((index) => index.name === spec.name);
      if (named !== undefined) {
        if (alike(named)) continue;
        throw new MongoError(
          same(named) ? 86 : 86,
          'IndexKeySpecsConflict',
          `An existing index has the same name as the requested index. When index names are not specified, they are auto generated and can cause conflicts. Please refer to our documentation. Requested index: ${spec.name}`,
        );
      }
      const twin = collection.indexes.find(
        (index) => same(index) && JSON.stringify(index.partial) === JSON.stringify('partial' in spec ? spec.partial : undefined),
      );
      if (twin !== undefined) throw new MongoError(85, 'IndexOptionsConflict', `Index already exists with a different name: ${twin.name}`);
      storage.addIndex(collection, spec);
    }
    return { numIndexesBefore, numIndexesAfter: collection.indexes.length + 1, createdCollectionAutomatically: !existed, ok: 1 };
  });
};

export const dropIndexes: Command = ({ storage, db, command }) => {
  const name = collectionName(command.dropIndexes);
  return storage.write((): Doc => {
    const collection = storage.collection(db, name);
    if (collection === undefined) throw missing(`${db}.${name}`);
    const nIndexesWas = collection.indexes.length + 1;
    const wanted: unknown[] = Array.isArray(command.index) ? (command.index as unknown[]) : [command.index];
    if (command.index === '*') for (const index of [...collection.indexes]) storage.dropIndex(collection, index);
    else {
      for (const which of wanted) {
        if (which === '_id_') throw new MongoError(72, 'InvalidOptions', 'cannot drop _id index');
        const found = collection.indexes.find(
          (index) =>
            index.name === which ||
            (isDocument(which) &&
              JSON.stringify(Object.entries(which).map(([path, direction]) => [path, Math.sign(toDouble(direction))])) ===
                JSON.stringify(index.keys.map(({ path, direction }) => [path, direction]))),
        );
        if (found === undefined)
          throw new MongoError(
            27,
            'IndexNotFound',
            `index not found with name [${typeof which === 'string' ? which : JSON.stringify(which)}]`,
          );
        storage.dropIndex(collection, found);
      }
    }
    return { nIndexesWas, ok: 1 };
  });
};

export const collMod: Command = ({ storage, db, command }) => {
  refuse(
    command,
    'validator',
    'validationLevel',
    'validationAction',
    'viewOn',
    'pipeline',
    'cappedSize',
    'cappedMax',
    'changeStreamPreAndPostImages',
  );
  const collection = storage.collection(db, collectionName(command.collMod));
  if (collection === undefined) throw missing(`${db}.${String(command.collMod)}`);
  const spec = command.index;
  if (!isDocument(spec)) return { ok: 1 };
  const index = collection.indexes.find(
    (other) => other.name === spec.name || JSON.stringify(keyPattern(other)) === JSON.stringify(spec.keyPattern),
  );
  if (index === undefined) throw new MongoError(27, 'IndexNotFound', 'cannot find index for collMod');
  if (!isNumeric(spec.expireAfterSeconds)) throw notHere('this change of an index');
  const seconds = toDouble(spec.expireAfterSeconds);
  return storage.write((): Doc => {
    storage.setExpiry(collection, index, seconds);
    return { ok: 1 };
  });
};

export const collStats: Command = ({ storage, db, command }) => {
  const name = collectionName(command.collStats ?? command.collstats);
  const collection = storage.collection(db, name);
  return {
    ns: `${db}.${name}`,
    count: new Int32(collection?.count ?? 0),
    nindexes: new Int32((collection?.indexes.length ?? -1) + 1),
    size: new Int32(0),
    storageSize: new Int32(0),
    ok: 1,
  };
};
export const dbStats: Command = ({ storage, db }) => {
  const all = ofDatabase(storage.collections, db);
  return {
    db,
    collections: new Int32(all.length),
    objects: new Int32(all.reduce((sum, { count }) => sum + count, 0)),
    indexes: new Int32(all.reduce((sum, { indexes }) => sum + indexes.length + 1, 0)),
    dataSize: new Int32(0),
    storageSize: new Int32(0),
    ok: 1,
  };
};
