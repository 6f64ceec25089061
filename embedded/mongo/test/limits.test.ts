import { Long, MongoClient, type Collection } from 'mongodb';
import { createStore } from '../src';
import { createTemporary } from './servers';

/** No query stops the store or another client. */
const DOCUMENTS = 4_000;
const directory = createTemporary();
let store: Awaited<ReturnType<typeof createStore>>;
let client: MongoClient;
let things: Collection<any>;
beforeAll(async () => {
  store = await createStore({ dataDir: directory.path, maxHeldBytes: 8 * 1024 * 1024 });
  client = await MongoClient.connect(store.url, { maxPoolSize: 200 });
  things = client.db('limits').collection<any>('things');
  for (let from = 0; from < DOCUMENTS; from += 1_000)
    await things.insertMany(Array.from({ length: 1_000 }, (_, at) => ({ _id: from + at, n: from + at, text: 'x'.repeat(80) })));
}, 60_000);
afterAll(async () => {
  await client.close();
  await store.close();
  directory.remove();
});

test('when 1,000 cursors are not read, then the oldest are closed and the store goes on', async () => {
  const open = async () => (await client.db('limits').command({ find: 'things', batchSize: 1, limit: 1_000 })).cursor.id;
  const ids = [];
  for (let at = 0; at < 1_000; at += 1) ids.push(await open());
  const read = (id: unknown) => client.db('limits').command({ getMore: Long.fromValue(id as number), collection: 'things', batchSize: 2 });
  expect((await read(ids.at(-1))).cursor.nextBatch).toHaveLength(2);
  await expect(read(ids[0])).rejects.toMatchObject({ code: 43, message: expect.stringContaining('closed to make room') });
  expect(await things.findOne({ _id: 7 })).toMatchObject({ n: 7 });
}, 120_000);

test('when an answer, a sort or a group alone passes the common limit, then it is refused, and a smaller one is answered', async () => {
  const wide = { $set: { wide: { $range: [0, 400] } } };
  for (const refused of [
    () => things.aggregate([wide]).toArray(),
    () => things.aggregate([wide, { $sort: { text: 1, n: -1 } }]).toArray(),
    () => things.aggregate([wide, { $group: { _id: null, all: { $push: '$wide' } } }]).toArray(),
  ])
    await expect(refused()).rejects.toMatchObject({ code: 292, message: expect.stringContaining('set MONGO_URL') });
  expect(await things.find().sort({ text: 1, n: -1 }).limit(3).toArray()).toHaveLength(3);
  expect(await things.countDocuments({ n: { $lt: 10 } })).toBe(10);
}, 60_000);

test('when a scan runs, then other commands are answered before it ends', async () => {
  const order: string[] = [];
  // Connections are there before the scan begins.
  await Promise.all(Array.from({ length: 30 }, () => client.db('limits').command({ ping: 1 })));
  // Each document is looked at with a costly filter; a lookup by _id is answered in between.
  const scan = things
    .find({ $expr: { $gt: [{ $size: { $filter: { input: { $range: [0, 300] }, cond: { $eq: ['$$this', -1] } } } }, 0] } })
    .toArray()
    .then(() => order.push('scan'));
  const update = things
    .updateMany({ $expr: { $gt: [{ $size: { $range: [0, 300] } }, 1_000] } }, { $set: { a: 1 } })
    .then(() => order.push('update'));
  await Promise.all(Array.from({ length: 20 }, (_, at) => things.findOne({ _id: at }).then(() => order.push('lookup'))));
  await things.insertOne({ _id: 'between' }).then(() => order.push('insert'));
  await Promise.all([scan, update]);
  expect([...order.slice(0, 21), order.slice(21).sort()]).toEqual([
    ...Array.from({ length: 20 }, () => 'lookup'),
    'insert',
    ['scan', 'update'],
  ]);
  await things.deleteOne({ _id: 'between' });
}, 60_000);

test('when maxTimeMS is over, then the command says so, read or write', async () => {
  const slow = { $expr: { $gt: [{ $size: { $filter: { input: { $range: [0, 200] }, cond: { $eq: ['$$this', -1] } } } }, 0] } };
  await expect(things.find(slow).maxTimeMS(20).toArray()).rejects.toMatchObject({ code: 50 });
  await expect(things.countDocuments(slow, { maxTimeMS: 20 })).rejects.toMatchObject({ code: 50 });
  await expect(things.aggregate([{ $match: slow }], { maxTimeMS: 20 }).toArray()).rejects.toMatchObject({ code: 50 });
  await expect(things.updateOne(slow, { $set: { a: 1 } }, { maxTimeMS: 20 })).rejects.toMatchObject({ code: 50 });
}, 60_000);

test.each<[string, object]>([
  ['loops inside loops', { $reduce: { input: { $range: [0, 100_000] }, initialValue: 0, in: { $size: { $range: [0, 1_000] } } } }],
  ['a string that doubles', { $reduce: { input: { $range: [0, 40] }, initialValue: 'x', in: { $concat: ['$$value', '$$value'] } } }],
  ['an array that doubles', { $reduce: { input: { $range: [0, 40] }, initialValue: [1], in: { $concatArrays: ['$$value', '$$value'] } } }],
  ['a document that doubles', { $reduce: { input: { $range: [0, 60] }, initialValue: 1, in: { a: '$$value', b: '$$value' } } }],
  ['a range of a billion', { $range: [0, 1_000_000_000] }],
])(
  'when an expression builds %s, then it is refused',
  async (_, expression) => {
    await expect(things.aggregate([{ $limit: 1 }, { $project: { r: expression } }]).toArray()).rejects.toMatchObject({
      code: expect.any(Number),
    });
    expect(await client.db('limits').command({ ping: 1 })).toMatchObject({ ok: 1 });
  },
  30_000,
);

test('when a text of many letters meets a regular expression that backtracks elsewhere, then the store answers', async () => {
  await things.insertOne({ _id: 'long', s: `${'a'.repeat(1_000_000)}!` });
  expect(await things.find({ s: { $regex: '^(a+)+$' } }).toArray()).toEqual([]);
  expect(
    await things
      .find({ s: { $regex: 'a!$' } })
      .project({ _id: 1 })
      .toArray(),
  ).toEqual([{ _id: 'long' }]);
  await things.deleteOne({ _id: 'long' });
}, 30_000);

test('when 100 clients write and read at once, then each gets its answer', async () => {
  const answers = await Promise.all(
    Array.from({ length: 100 }, async (_, at) => {
      await things.insertOne({ _id: `client ${at}`, at });
      await things.updateOne({ _id: `client ${at}` }, { $inc: { at: 1 } });
      return (await things.findOne({ _id: `client ${at}` }))?.at;
    }),
  );
  expect(answers).toEqual(Array.from({ length: 100 }, (_, at) => at + 1));
  expect((await things.deleteMany({ _id: { $type: 'string' } })).deletedCount).toBe(100);
}, 30_000);

test('when a large collection gets an index, then writes go on meanwhile, and the index holds them all', async () => {
  const building = things.createIndex({ n: 1, text: 1 });
  for (let at = 0; at < 200; at += 1) {
    await things.insertOne({ _id: `new ${at}`, n: -1 - at, text: 'new' });
    await things.updateOne({ _id: at }, { $set: { n: -10_000 - at } });
    await things.deleteOne({ _id: 1_000 + at });
  }
  await building;
  const byIndex = await things.find({ n: { $type: 'number', $lt: 1e9 } }, { hint: 'n_1_text_1' }).toArray();
  const byScan = await things.find({ n: { $type: 'number', $lt: 1e9 } }, { hint: { $natural: 1 } }).toArray();
  const ids = (found: any[]) => found.map(({ _id }) => String(_id)).sort();
  expect(ids(byIndex)).toEqual(ids(byScan));
  expect(byScan).toHaveLength(DOCUMENTS);
}, 60_000);
