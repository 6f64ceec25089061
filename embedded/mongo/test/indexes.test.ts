import type { Collection } from 'mongodb';
import { createStore } from '../src';
import { createTemporary, describeServers, freshCollection } from './servers';

interface Stage {
  stage: string;
  indexName?: string;
  inputStage?: Stage;
}
/** The stages of a query, from the last to the first. */
const planOf = async (things: Collection, filter: object, sort: Record<string, 1 | -1> = {}, hint?: string): Promise<Stage[]> => {
  const { queryPlanner } = await things.find(filter, { sort, ...(hint !== undefined && { hint }) }).explain('queryPlanner');
  const stages: Stage[] = [];
  for (let stage: Stage | undefined = queryPlanner.winningPlan; stage !== undefined; stage = stage.inputStage) stages.push(stage);
  return stages;
};
const indexOf = async (...args: Parameters<typeof planOf>) => (await planOf(...args)).find(({ stage }) => stage === 'IXSCAN')?.indexName;

describeServers('Indexes', (server, kind) => {
  test.each([1_890, 1_974, 1_978, 3_000, 30_000])(
    'when a filter names a value of %i bytes, then it finds what lies on its side, as any other',
    async (bytes) => {
      const things = freshCollection(server());
      await things.createIndexes([{ key: { up: 1 } }, { key: { down: -1, up: 1 } }]);
      await things.insertMany(['a', 'm', 'z'].map((name) => ({ _id: name as never, up: name, down: name })));
      const long = `m${'m'.repeat(bytes - 1)}`;
      const ids = async (filter: object) => (await things.find(filter).sort({ _id: 1 }).toArray()).map(({ _id }) => String(_id)).join('');
      for (const path of ['_id', 'up', 'down']) {
        const found = [{ $in: [long] }, { $in: [long, 'z'] }, { $gt: long }, { $lt: long }, { $gte: 'a', $lte: long }];
        expect(await Promise.all(found.map((condition) => ids({ [path]: condition })))).toEqual(['', 'z', 'z', 'am', 'am']);
        expect(await ids({ [path]: long })).toBe('');
        expect(await things.updateMany({ [path]: long }, { $set: { changed: true } })).toMatchObject({ matchedCount: 0 });
      }
      expect(await things.deleteMany({ down: { $gt: long }, up: { $gt: 'a' } })).toMatchObject({ deletedCount: 1 });
    },
  );

  test('when a unique index is broken, then E11000 says which and by what', async () => {
    const things = freshCollection(server());
    await things.createIndex({ room: 1, seq: -1 }, { unique: true, name: 'room_seq' });
    await things.insertOne({ _id: 1, room: 'a', seq: 1 });
    for (const write of [
      () => things.insertOne({ room: 'a', seq: 1 }),
      () => things.updateOne({ room: 'b' }, { $set: { room: 'a', seq: 1 } }, { upsert: true }),
      async () => {
        await things.insertOne({ _id: 2, room: 'a', seq: 2 });
        await things.updateOne({ _id: 2 }, { $set: { seq: 1 } });
      },
    ])
      await expect(write()).rejects.toMatchObject({
        code: 11000,
        message: expect.stringContaining('room_seq'),
        keyPattern: { room: 1, seq: -1 },
      });
    await expect(things.insertOne({ room: 'a', seq: 1 })).rejects.toMatchObject({ keyValue: { room: 'a', seq: 1 } });
    await expect(things.insertOne({ _id: 1 })).rejects.toMatchObject({ code: 11000, keyPattern: { _id: 1 } });
    expect(await things.countDocuments()).toBe(2);
  });

  test('when a unique index meets missing fields, then one may be missing; sparse and partial ones do not hold the others', async () => {
    const plain = freshCollection(server());
    await plain.createIndex({ a: 1 }, { unique: true });
    await plain.insertOne({ b: 1 });
    await expect(plain.insertOne({ b: 2 })).rejects.toMatchObject({ code: 11000 });
    const sparse = freshCollection(server());
    await sparse.createIndex({ a: 1 }, { unique: true, sparse: true });
    await sparse.insertMany([{ b: 1 }, { b: 2 }, { a: null }]);
    await expect(sparse.insertOne({ a: null })).rejects.toMatchObject({ code: 11000 });
    const partial = freshCollection(server());
    await partial.createIndex({ a: 1 }, { unique: true, partialFilterExpression: { live: true } });
    await partial.insertMany([{ a: 1, live: true }, { a: 1 }, { a: 1, live: false }]);
    await expect(partial.insertOne({ a: 1, live: true })).rejects.toMatchObject({ code: 11000 });
    await expect(partial.updateMany({ a: 1 }, { $set: { live: true } })).rejects.toMatchObject({ code: 11000 });
  });

  test('when a unique index covers an array, then each element counts, but one document may repeat its own', async () => {
    const things = freshCollection(server());
    await things.createIndex({ tags: 1 }, { unique: true });
    await things.insertMany([{ tags: ['a', 'b', 'a'] }, { tags: ['c'] }]);
    await expect(things.insertOne({ tags: ['d', 'b'] })).rejects.toMatchObject({ code: 11000 });
  });

  test('when documents break a unique index already, then it is not made', async () => {
    const things = freshCollection(server());
    await things.insertMany([{ a: 1 }, { a: 1 }]);
    await expect(things.createIndex({ a: 1 }, { unique: true })).rejects.toMatchObject({ code: 11000 });
    expect((await things.indexes()).map(({ name }) => name)).toEqual(['_id_']);
    await things.createIndex({ a: 1 });
    // Which plan suits two documents is the other server's own business.
    if (kind === 'embedded') expect(await indexOf(things, { a: 1 })).toBe('a_1');
  });

  test('when indexes are made, listed and dropped, then each keeps what it was made with', async () => {
    const things = freshCollection(server());
    await things.createIndexes([
      { key: { a: 1, b: -1 }, name: 'both' },
      { key: { c: 1 }, sparse: true },
      { key: { d: 1 }, partialFilterExpression: { d: { $gt: 5 } } },
      { key: { e: 1 }, expireAfterSeconds: 60 },
    ]);
    expect(await things.createIndex({ a: 1, b: -1 }, { name: 'both' })).toBe('both');
    const listed = await things.indexes();
    expect(listed).toMatchObject([
      { name: '_id_', key: { _id: 1 } },
      { name: 'both', key: { a: 1, b: -1 } },
      { name: 'c_1', sparse: true },
      { name: 'd_1', partialFilterExpression: { d: { $gt: 5 } } },
      { name: 'e_1', expireAfterSeconds: 60 },
    ]);
    expect(Object.keys(listed[1]?.key ?? {})).toEqual(['a', 'b']);
    await expect(things.createIndex({ a: 1 }, { name: 'both' })).rejects.toMatchObject({ code: expect.any(Number) });
    await things.dropIndex('both');
    await expect(things.dropIndex('both')).rejects.toMatchObject({ code: 27 });
    await things.dropIndexes();
    expect(await things.indexes()).toHaveLength(1);
  });

  test('when a query fits an index, then no collection is scanned', async () => {
    const things = freshCollection(server());
    await things.createIndexes([
      { key: { room: 1, seq: 1 } },
      { key: { tags: 1 } },
      { key: { at: 1 }, sparse: true },
      { key: { n: 1 }, partialFilterExpression: { n: { $gte: 100 } } },
    ]);
    await things.insertMany(
      Array.from({ length: 300 }, (_, n) => ({
        room: n % 7,
        seq: n,
        n,
        tags: [`t${n % 5}`, `u${n % 3}`],
        ...(n % 50 === 0 && { at: new Date(n) }),
      })),
    );
    expect(await indexOf(things, { room: 3 }, { seq: -1 })).toBe('room_1_seq_1');
    expect(await indexOf(things, { room: 3, seq: { $gt: 50, $lte: 100 } }, { seq: 1 })).toBe('room_1_seq_1');
    expect(await indexOf(things, { room: { $in: [1, 2] } })).toBe('room_1_seq_1');
    expect(await indexOf(things, { tags: 't3' })).toBe('tags_1');
    expect(await indexOf(things, { at: { $lte: new Date(100) } }, { at: 1 })).toBe('at_1');
    expect(await indexOf(things, { n: { $gte: 200 } })).toBe('n_1');
    expect(await indexOf(things, { _id: 1 })).toBe('_id_');
    // What an index does not hold it must not answer.
    expect(await indexOf(things, { n: { $gte: 50 } })).not.toBe('n_1');
    if (kind === 'embedded') expect(await indexOf(things, { at: null })).not.toBe('at_1');
    expect(await things.countDocuments({ n: { $gte: 50 } })).toBe(250);
    expect(await things.countDocuments({ at: null })).toBe(294);
  });

  if (kind === 'embedded') {
    test('when a range and a sort lie on a compound prefix, then only what is answered is looked at, and nothing is sorted', async () => {
      const things = freshCollection(server());
      await things.createIndex({ room: 1, seq: 1 });
      await things.insertMany(Array.from({ length: 2_000 }, (_, n) => ({ room: n % 10, seq: n, author: n % 4 })));
      for (const [filter, sort] of [
        [{ room: 3 }, { seq: -1 }],
        [{ room: 3, seq: { $gte: 500 } }, { seq: 1 }],
        [{ room: 3, seq: { $lt: 1500, $gt: 100 } }, { seq: -1 }],
        [{ room: 3 }, { room: 1, seq: 1 }],
      ] as [object, Record<string, 1 | -1>][]) {
        const { queryPlanner, executionStats } = await things.find(filter, { sort, limit: 50 }).explain('executionStats');
        expect(JSON.stringify(queryPlanner.winningPlan)).not.toMatch(/SORT|COLLSCAN/);
        expect(executionStats).toMatchObject({ nReturned: 50, totalKeysExamined: 50, totalDocsExamined: 50 });
      }
      expect((await planOf(things, { room: 3 }, { author: 1 })).map(({ stage }) => stage)).toContain('SORT');
      expect((await planOf(things, { author: 3 })).map(({ stage }) => stage)).toEqual(['COLLSCAN']);
      expect((await planOf(things, { author: 3 }, {}, 'room_1_seq_1')).map(({ stage }) => stage)).toContain('IXSCAN');
      await expect(planOf(things, {}, {}, 'no_such')).rejects.toThrow(/hint/);
    });

    test('when a partial index cannot be what was meant, then it is refused', async () => {
      const things = freshCollection(server());
      for (const partialFilterExpression of [{ a: { $exists: false } }, { a: { $ne: 1 } }, { a: { $regex: '^x' } }, { $nor: [{ a: 1 }] }])
        await expect(things.createIndex({ a: 1 }, { partialFilterExpression })).rejects.toMatchObject({ code: 67 });
      await expect(things.createIndex({ a: 1 }, { sparse: true, partialFilterExpression: { a: 1 } })).rejects.toMatchObject({ code: 67 });
      await expect(things.createIndex({ _id: 1 }, { expireAfterSeconds: 1 })).rejects.toMatchObject({ code: 67 });
      await expect(things.createIndex({ a: 1, b: 1 }, { expireAfterSeconds: 1 })).rejects.toMatchObject({ code: 67 });
    });

    test('when an entry and an _id are too long for the store together, then the document is refused whole', async () => {
      const things = freshCollection(server());
      await things.createIndex({ a: 1 });
      await expect(things.insertOne({ _id: 'i'.repeat(1_200), a: 'a'.repeat(1_200) })).rejects.toThrow(/not in the embedded store/);
      expect(await things.countDocuments()).toBe(0);
      expect(await things.find({}, { hint: { $natural: 1 } }).toArray()).toEqual([]);
    });
  }
});

test('when a document’s time has come, then a TTL index removes it, and no other', async () => {
  const directory = createTemporary();
  const store = await createStore({ dataDir: directory.path, ttlIntervalMs: 30 });
  const server = await directory.connect(store.url);
  const things = freshCollection(server);
  await things.createIndex({ at: 1 }, { expireAfterSeconds: 60 });
  const past = new Date(Date.now() - 61_000);
  await things.insertMany([
    { _id: 'past', at: past },
    { _id: 'one of them past', at: [new Date(Date.now() + 1e6), past] },
    { _id: 'to come', at: new Date(Date.now() - 30_000) },
    { _id: 'no date', at: 'yesterday' },
    { _id: 'none' },
  ]);
  for (const until = Date.now() + 5_000; (await things.countDocuments()) > 3 && Date.now() < until;)
    await new Promise((resolve) => setTimeout(resolve, 20));
  expect((await things.find().sort({ _id: 1 }).toArray()).map(({ _id }) => _id)).toEqual(['no date', 'none', 'to come']);
  await server.close();
  await store.close();
  directory.remove();
});
