import { MongoClient } from 'mongodb';
import { freshCollection, startEmbedded, type TestServer } from './servers';

/**
 * What MongoDB has and the store has not, or what no one has: each is refused by its name. Nothing
 * is passed over and done otherwise.
 */
let server: TestServer;
beforeAll(async () => {
  server = await startEmbedded();
});
afterAll(() => server.close());

type Doc = Record<string, any>;
const NOT_HERE = 238;

test.each<[string, Doc, number]>([
  ['capped collections', { create: 'x', capped: true, size: 1_000 }, NOT_HERE],
  ['validators', { create: 'x', validator: { a: 1 } }, NOT_HERE],
  ['views', { create: 'x', viewOn: 'y', pipeline: [] }, NOT_HERE],
  ['time series', { create: 'x', timeseries: { timeField: 't' } }, NOT_HERE],
  ['collations of a collection', { create: 'x', collation: { locale: 'en' } }, NOT_HERE],
  ['collations of a query', { find: 'x', collation: { locale: 'en', strength: 2 } }, NOT_HERE],
  ['collations of an update', { update: 'x', updates: [{ q: {}, u: { $set: { a: 1 } }, collation: { locale: 'en' } }] }, NOT_HERE],
  ['tailable cursors', { find: 'x', tailable: true }, NOT_HERE],
  ['$where', { find: 'x', filter: { $where: 'true' } }, NOT_HERE],
  ['$text', { find: 'x', filter: { $text: { $search: 'a' } } }, NOT_HERE],
  ['$jsonSchema', { find: 'x', filter: { $jsonSchema: {} } }, NOT_HERE],
  ['geometry of several shapes', { find: 'x', filter: { at: { $geoIntersects: { $geometry: { type: 'MultiPoint' } } } } }, NOT_HERE],
  ['the positional projection below a field', { find: 'x', projection: { 'a.b.$': 1 } }, NOT_HERE],
  ['$out', { aggregate: 'x', pipeline: [{ $out: 'y' }], cursor: {} }, NOT_HERE],
  ['$merge', { aggregate: 'x', pipeline: [{ $merge: 'y' }], cursor: {} }, NOT_HERE],
  ['$near in a pipeline', { aggregate: 'x', pipeline: [{ $match: { at: { $near: [1, 2] } } }], cursor: {} }, 5_626_500],
  ['$setWindowFields', { aggregate: 'x', pipeline: [{ $setWindowFields: {} }], cursor: {} }, NOT_HERE],
  ['change streams', { aggregate: 'x', pipeline: [{ $changeStream: {} }], cursor: {} }, NOT_HERE],
  ['an accumulator', { aggregate: 'x', pipeline: [{ $group: { _id: null, a: { $stdDevPop: '$n' } } }], cursor: {} }, NOT_HERE],
  ['text indexes', { createIndexes: 'x', indexes: [{ key: { a: 'text' }, name: 'a' }] }, NOT_HERE],
  ['hashed indexes', { createIndexes: 'x', indexes: [{ key: { a: 'hashed' }, name: 'a' }] }, NOT_HERE],
  ['unique geo indexes', { createIndexes: 'x', indexes: [{ key: { a: '2dsphere' }, name: 'a', unique: true }] }, NOT_HERE],
  ['wildcard indexes', { createIndexes: 'x', indexes: [{ key: { '$**': 1 }, name: 'a' }] }, NOT_HERE],
  ['collations of an index', { createIndexes: 'x', indexes: [{ key: { a: 1 }, name: 'a', collation: { locale: 'en' } }] }, NOT_HERE],
  ['hidden indexes', { createIndexes: 'x', indexes: [{ key: { a: 1 }, name: 'a', hidden: true }] }, NOT_HERE],
  ['an unknown option of an index', { createIndexes: 'x', indexes: [{ key: { a: 1 }, name: 'a', sparkling: true }] }, 197],
  ['an unknown command', { frobnicate: 1 }, 59],
  ['a command of a replica set', { replSetGetStatus: 1 }, 59],
  ['signing in', { saslStart: 1 }, 18],
  ['an unknown option of a query', { find: 'x', filtre: { a: 1 } }, 40415],
  ['a negative time of a lookup', { find: 'x', filter: { _id: 1 }, maxTimeMS: -1 }, 2],
  ['a negative time of a query', { find: 'x', filter: { a: 1 }, maxTimeMS: -1 }, 2],
  ['an unknown option of an insert', { insert: 'x', documents: [{}], orderd: true }, 40415],
  ['an unknown option of a statement', { update: 'x', updates: [{ q: {}, u: { $set: { a: 1 } }, upsrt: true }] }, 40415],
  ['an update without a filter', { update: 'x', updates: [{ u: { $set: { a: 1 } }, multi: true }] }, 40414],
  ['a delete without a filter', { delete: 'x', deletes: [{ limit: 0 }] }, 40414],
  ['a write to more than one node', { insert: 'x', documents: [{}], writeConcern: { w: 2 } }, 2],
  ['snapshots', { find: 'x', readConcern: { level: 'snapshot' } }, 123],
  ['an unknown stage', { aggregate: 'x', pipeline: [{ $frobnicate: 1 }], cursor: {} }, 40324],
  ['a pattern that only PCRE knows', { find: 'x', filter: { a: { $regex: '(?=abc)' } } }, NOT_HERE],
])('%s', async (_, command, code) => {
  const answer = await server.db.command(command).catch((error: Doc) => error);
  const fault = answer.writeErrors?.[0] ?? answer;
  expect(fault).toMatchObject({ code });
  if (code === NOT_HERE) expect(fault.errmsg ?? fault.message).toMatch(/not in the embedded store; set MONGO_URL/);
  expect((await server.db.listCollections({ name: 'y' }).toArray()).length).toBe(0);
});

test('when a transaction or a change stream is begun, then it is refused', async () => {
  const things = freshCollection(server);
  const session = server.client.startSession();
  await expect(session.withTransaction(() => things.insertOne({ a: 1 }, { session }))).rejects.toThrow(/does not support retryable writes/);
  await session.endSession();
  const stream = things.watch();
  await expect(stream.next()).rejects.toMatchObject({ code: NOT_HERE });
  await stream.close();
  expect(await things.countDocuments()).toBe(0);
});

test('when a password is given, then the store says that it has none', async () => {
  const url = server.url.replace('mongodb://', 'mongodb://ann:secret@');
  await expect(MongoClient.connect(url, { serverSelectionTimeoutMS: 2_000 })).rejects.toThrow(/saslStart/);
});

test('when bytes are no protocol, then their connection is closed and no other connection is touched', async () => {
  const { connect } = await import('node:net');
  const { port } = new URL(server.url.replace('mongodb', 'http'));
  for (const bytes of [
    Buffer.from('GET / HTTP/1.1\r\n\r\n'),
    Buffer.alloc(64, 0xff),
    Buffer.from('100000000000000000000000dd07000000000000', 'hex'),
  ]) {
    const socket = connect(Number(port), '127.0.0.1', () => socket.write(bytes));
    await new Promise((resolve) => socket.once('close', resolve).once('error', () => undefined));
  }
  expect(await server.db.command({ ping: 1 })).toMatchObject({ ok: 1 });
});
