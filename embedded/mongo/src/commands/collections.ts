import { Binary, type Doc, encode, Int32, isDocument, isTrue, Long } from '../bson';
import { MongoError } from '../errors';
import { compileFilter } from '../filter/filter';
import type { Collection } from '../storage/storage';
import { type Command, type CommandContext, collectionName, documentOf, nonNegative, noSuchNamespace } from './command';
import { assertOptions } from './options';

export const create: Command = ({ storage, db, command }) => {
  const name = collectionName(command.create);
  return storage.write((): Doc => {
    if (storage.collection(db, name) !== undefined) throw new MongoError('NamespaceExists', `Collection ${db}.${name} already exists.`);
    storage.create(db, name);
    return { ok: 1 };
  });
};

export const drop: Command = ({ storage, db, command }) => {
  const name = collectionName(command.drop);
  return storage.write((): Doc => {
    const collection = storage.collection(db, name);
    if (collection === undefined) return { ok: 1 };
    const nIndexesWas = new Int32(collection.indexes.length + 1);
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

export const renameCollection: Command = ({ storage, db, command }) => {
  if (db !== 'admin') throw new MongoError('Unauthorized', 'renameCollection may only be run against the admin database.');
  const parsed = (ns: unknown): { db: string; name: string } => {
    if (typeof ns !== 'string' || !ns.includes('.'))
      throw new MongoError('InvalidNamespace', `Invalid namespace specified '${String(ns)}'`);
    const [first = '', ...rest] = ns.split('.');
    return { db: first, name: collectionName(rest.join('.')) };
  };
  const [from, to] = [parsed(command.renameCollection), parsed(command.to)];
  if (from.db === to.db && from.name === to.name) throw new MongoError('IllegalOperation', "Can't rename a collection to itself");
  return storage.write((): Doc => {
    const collection = storage.collection(from.db, from.name);
    if (collection === undefined) throw noSuchNamespace(`${from.db}.${from.name}`);
    const target = storage.collection(to.db, to.name);
    if (target !== undefined && !isTrue(command.dropTarget)) throw new MongoError('NamespaceExists', 'target namespace exists');
    if (target !== undefined) storage.drop(target);
    storage.rename(collection, to.db, to.name);
    return { ok: 1 };
  });
};

/** The reply of a listing, with a cursor if it is long. */
export function listing({ cursors, command }: CommandContext, ns: string, docs: Doc[]): Doc {
  const cursor = command.cursor;
  if (isDocument(cursor)) assertOptions('cursor.cursor', cursor);
  const batchSize = isDocument(cursor) && cursor.batchSize !== undefined ? nonNegative(cursor.batchSize, 'batchSize') : undefined;
  const answer = cursors.answer(ns, batchSize === undefined ? {} : { batchSize });
  for (const doc of docs) answer.add(encode(doc));
  return answer.reply();
}

export const listCollections: Command = (context) => {
  const { storage, db, command } = context;
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
    .map((doc) => (isTrue(command.nameOnly) ? { name: doc.name, type: doc.type } : doc));
  return listing(context, `${db}.$cmd.listCollections`, docs);
};

export const listDatabases: Command = ({ storage, command }) => {
  const names = [...new Set([...storage.collections.values()].map(({ db }) => db))].sort();
  const matches = compileFilter(documentOf(command.filter, 'filter'));
  const databases = names.map((name): Doc => ({ name, sizeOnDisk: Long.ZERO, empty: false })).filter(matches);
  if (isTrue(command.nameOnly)) return { databases: databases.map(({ name }) => ({ name })), ok: 1 };
  return { databases, totalSize: Long.ZERO, totalSizeMb: Long.ZERO, ok: 1 };
};

export const collStats: Command = ({ storage, db, command }) => {
  const name = collectionName(command.collStats);
  const collection = storage.collection(db, name);
  return {
    ns: `${db}.${name}`,
    count: new Int32(collection?.count ?? 0),
    nindexes: new Int32((collection?.indexes.length ?? -1) + 1),
    ok: 1,
  };
};
export const dbStats: Command = ({ storage, db }) => {
  const all = ofDatabase(storage.collections, db);
  return {
    db,
    collections: new Int32(all.length),
    views: new Int32(0),
    objects: new Int32(all.reduce((sum, { count }) => sum + count, 0)),
    indexes: new Int32(all.reduce((sum, { indexes }) => sum + indexes.length + 1, 0)),
    ok: 1,
  };
};
