import { Binary, type Doc, encode, Int32, isTrue } from '../bson';
import { MongoError } from '../errors';
import { compileFilter } from '../matcher';
import type { Collection } from '../storage/storage';
import { type Command, collectionName, documentOf, noSuchNamespace } from './command';

export const create: Command = ({ storage, db, command }) => {
  const name = collectionName(command.create);
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
    if (collection === undefined) throw noSuchNamespace(`${from.db}.${from.name}`);
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
    objects: new Int32(all.reduce((sum, { count }) => sum + count, 0)),
    indexes: new Int32(all.reduce((sum, { indexes }) => sum + indexes.length + 1, 0)),
    ok: 1,
  };
};
