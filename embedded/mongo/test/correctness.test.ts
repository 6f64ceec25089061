import { Binary, Double, Int32, Long, MinKey, MongoServerError } from 'mongodb';
import { describeServers, freshCollection } from './servers';

type Doc = Record<string, any>;
const ordered = (entries: [string, unknown][]) => new Map(entries) as unknown as Doc;

/** Answers that were silently wrong once, by their kind. */
describeServers('Right, or refused by name', (server, kind) => {
  const rows = () => ({
    a: [
      { s: 'old', t: 1 },
      { s: 'new', t: 2 },
      { s: 'new', t: 3 },
    ],
  });
  const updated = async (before: Doc, update: Doc, filter: Doc = {}, options: Doc = {}) => {
    const things = freshCollection(server());
    await things.insertOne({ _id: 1, ...before });
    await things.updateOne({ _id: 1, ...filter }, update, options);
    return things.findOne({}, { projection: { _id: 0 } });
  };

  test('when several paths lead through $, then all change the element that matched, whichever is changed first', async () => {
    expect(await updated(rows(), { $set: { 'a.$.s': 'done', 'a.$.t': 9 } }, { 'a.s': 'new' })).toEqual({
      a: [
        { s: 'old', t: 1 },
        { s: 'done', t: 9 },
        { s: 'new', t: 3 },
      ],
    });
    expect(await updated(rows(), { $set: { 'a.$[e].s': 'done', 'a.$[e].t': 9 } }, {}, { arrayFilters: [{ 'e.s': 'new' }] })).toEqual({
      a: [
        { s: 'old', t: 1 },
        { s: 'done', t: 9 },
        { s: 'done', t: 9 },
      ],
    });
    expect(await updated(rows(), { $unset: { 'a.$.s': '' }, $set: { 'a.$.z': 1 } }, { 'a.s': 'new' })).toEqual({
      a: [
        { s: 'old', t: 1 },
        { t: 2, z: 1 },
        { s: 'new', t: 3 },
      ],
    });
    expect(await updated(rows(), { $set: { 'a.$.z': 1 } }, { 'a.t': { $exists: true } })).toMatchObject({ a: [{ z: 1 }, {}, {}] });
  });
  if (kind === 'embedded') {
    test('when $ meets an $or, then the branch that matched decides, and paths that meet are refused', async () => {
      expect(await updated(rows(), { $set: { 'a.$.z': 1 } }, { $or: [{ 'a.s': 'no' }, { 'a.t': 2 }] })).toMatchObject({
        a: [{}, { z: 1 }, {}],
      });
      await expect(updated(rows(), { $set: { 'a.$.s': 'x', 'a.$[].s': 'y' } }, { 'a.s': 'new' })).rejects.toMatchObject({ code: 40 });
    });
    test('when a sort goes by two fields of one array, then they stay together, element by element', async () => {
      const things = freshCollection(server());
      await things.insertMany([
        {
          _id: 0,
          a: [
            { x: 1, y: 5 },
            { x: 2, y: 2 },
          ],
        },
        { _id: 1, a: [{ x: 1, y: 3 }] },
      ]);
      expect((await things.find().sort({ 'a.x': 1, 'a.y': 1 }).toArray()).map(({ _id }) => _id)).toEqual([1, 0]);
    });
  }

  test('when a collection is renamed to itself, then nothing is lost', async () => {
    const things = freshCollection(server());
    await things.insertOne({ a: 1 });
    await things.rename(things.collectionName, { dropTarget: true }).catch(() => undefined);
    expect(await things.countDocuments()).toBe(1);
  });

  test('when names of fields are numbers, then their order stays, and a path or a whole document finds them', async () => {
    const things = freshCollection(server());
    await things.insertMany([
      {
        _id: 1,
        m: ordered([
          ['b', 1],
          ['2', 2],
          ['1', 3],
        ]),
      },
      {
        _id: 2,
        m: ordered([
          ['1', 3],
          ['2', 2],
          ['b', 1],
        ]),
      },
    ]);
    await things.updateMany({}, { $set: { 'm.b': 7 } });
    const raw = await things.find({}, { raw: true, sort: { _id: 1 } }).toArray();
    const names = raw.map((bytes: any) =>
      [
        ...Buffer.from(bytes)
          .toString('latin1')
          .matchAll(/\x10([12b])\0/g),
      ]
        .map(([, name]) => name)
        .join(''),
    );
    expect(names).toEqual(['b21', '12b']);
    expect(
      (
        await things
          .find({
            m: ordered([
              ['b', 7],
              ['2', 2],
              ['1', 3],
            ]),
          })
          .toArray()
      ).map(({ _id }) => _id),
    ).toEqual([1]);
    expect(await things.countDocuments({ 'm.2': 2 })).toBe(2);
  });

  const natural = async () => {
    const things = freshCollection(server());
    await things.insertMany([{ _id: 1 }, { _id: 2 }, { _id: 3 }]);
    return things;
  };
  test('when a sort is by $natural, then its direction counts', async () => {
    const ids = async (direction: 1 | -1) => (await (await natural()).find().sort({ $natural: direction }).toArray()).map(({ _id }) => _id);
    expect([await ids(1), await ids(-1)]).toEqual([
      [1, 2, 3],
      [3, 2, 1],
    ]);
  });

  const value = async (expression: unknown) => {
    const things = freshCollection(server());
    await things.insertOne({ arr: [1, 2, 3, null], o: { x: 1 }, n: null });
    const [found] = await things.aggregate([{ $project: { _id: 0, r: expression } }], { promoteValues: false }).toArray();
    return found?.r as unknown;
  };
  test.each<[string, unknown, unknown]>([
    ['one operand in brackets is one operand', { $sum: ['$arr'] }, new Int32(6)],
    ['the same for $max', { $max: ['$arr'] }, new Int32(3)],
    ['$filter ends at its limit', { $size: { $filter: { input: '$arr', cond: true, limit: 2 } } }, new Int32(2)],
    ['$in finds null', { $in: ['$n', '$arr'] }, true],
    ['$indexOfArray finds null', { $indexOfArray: ['$arr', null] }, new Int32(3)],
    ['a product beyond int64 is a double', { $multiply: [Long.MAX_VALUE, new Int32(2)] }, new Double(2 ** 64)],
    ['$toDate reads a date in UTC', { $toString: { $toDate: '2020-01-02' } }, '2020-01-02T00:00:00.000Z'],
  ])('%s', async (_, expression, expected) => {
    expect(await value(expression)).toEqual(expected);
  });
  test.each<[string, unknown]>([
    ['a misspelt field of $map', { $map: { input: '$arr', inn: 1 } }],
    ['$cond without else', { $cond: { if: true, then: 1 } }],
    ['an unknown field of $filter', { $filter: { input: '$arr', cond: true, limt: 1 } }],
    ['an unknown field of $reduce', { $reduce: { input: '$arr', initialValue: 0, in: 1, as: 'x' } }],
    ['an unknown field of a branch', { $switch: { branches: [{ cas: true, then: 1 }] } }],
    ['$toString of an object', { $toString: '$o' }],
    ['$toDate of a number out of range', { $toDate: 1e30 }],
    ['$toDate of an int', { $toDate: new Int32(5) }],
    ['$strLenCP of null', { $strLenCP: null }],
    ['$split by nothing', { $split: ['abc', ''] }],
    ['a position that is no whole number', { $arrayElemAt: ['$arr', 1.5] }],
  ])('%s is refused', async (_, expression) => {
    await expect(value(expression)).rejects.toBeInstanceOf(MongoServerError);
  });

  test.each<[string, Doc]>([
    ['limit as text', { find: 'x', limit: '1' }],
    ['skip as text', { find: 'x', skip: '1' }],
    ['a filter that is an array', { find: 'x', filter: [] }],
    ['a sort as text', { find: 'x', sort: 'a' }],
    ['ordered as text', { insert: 'x', documents: [{}], ordered: 'yes' }],
    ['batchSize as text', { find: 'x', batchSize: 'x' }],
    ['a bad name in $group', { aggregate: 'x', pipeline: [{ $group: { _id: null, 'a.b': { $sum: 1 } } }], cursor: {} }],
    ['two accumulators in one field', { aggregate: 'x', pipeline: [{ $group: { _id: null, n: { $sum: 1, $avg: 1 } } }], cursor: {} }],
    ['a misspelt stage', { aggregate: 'x', pipeline: [{ $mathc: {} }], cursor: {} }],
  ])('%s is refused', async (_, command) => {
    await expect(server().db.command(command)).rejects.toBeInstanceOf(MongoServerError);
  });

  const found = async (documents: Doc[], filter: Doc, index?: Doc) => {
    const things = freshCollection(server());
    if (index !== undefined) await things.createIndex(index);
    await things.insertMany(documents.map((document, _id) => ({ _id, ...document })));
    return (await things.find(filter).sort({ _id: 1 }).toArray()).map(({ _id }) => _id);
  };
  const nested = [{ a: [[5]] }, { a: [5] }, { a: [[1, 9]] }];
  test.each<[string, Doc[], Doc, number[]]>([
    ['an element is not looked into', nested, { a: { $elemMatch: { $gt: 4 } } }, [1]],
    ['elements of elements', nested, { a: { $elemMatch: { $elemMatch: { $gt: 4 } } } }, [0, 2]],
    ['a whole array', nested, { a: [1, 9] }, [2]],
    ['an array at a position is not looked into', [{ a: [[5]] }, { a: [5] }, { a: [[[5]]] }], { 'a.0': 5 }, [1]],
    ['nor by a negation', [{ a: [[5]] }, { a: [5] }], { 'a.0': { $ne: 5 } }, [0]],
    ['MinKey is below NaN', [{ a: NaN }, { a: 1 }], { a: { $gt: new MinKey() } }, [0, 1]],
    ['bits of binary data', [{ a: new Binary(Buffer.from([5])) }, { a: 5 }, { a: 2 }], { a: { $bitsAllSet: 5 } }, [0, 1]],
    ['a binary mask', [{ a: 5 }, { a: 2 }], { a: { $bitsAllSet: new Binary(Buffer.from([5])) } }, [0]],
    ['a path into a DBRef', [{ a: { $ref: 'x', $id: 5 } }, { a: { $ref: 'x', $id: 6 } }], { 'a.$id': 5 }, [0]],
    ['a stored regular expression', [{ a: /ab/ }, { a: 'ab' }, { a: /b/ }], { a: /ab/ }, [0, 1]],
  ])('%s, with an index and without', async (_, documents, filter, ids) => {
    expect(await found(documents, filter)).toEqual(ids);
    expect(await found(documents, filter, { a: 1 })).toEqual(ids);
  });

  test('when a projection slices or computes below an array, then it does so in each element', async () => {
    const things = freshCollection(server());
    await things.insertOne({ _id: 1, a: [{ b: [1, 2, 3] }, { b: [4] }, 5], x: 7 });
    expect(await things.findOne({}, { projection: { 'a.b': { $slice: 1 } } })).toEqual({ _id: 1, a: [{ b: [1] }, { b: [4] }, 5], x: 7 });
    expect(await things.aggregate([{ $project: { 'a.c': '$x' } }]).toArray()).toEqual([{ _id: 1, a: [{ c: 7 }, { c: 7 }, { c: 7 }] }]);
    await things.insertOne({ _id: 2, a: [{ k: 1 }, { k: 2 }] });
    expect(await things.findOne({ 'a.k': 2 }, { projection: { 'a.$': 1 } })).toEqual({ _id: 2, a: [{ k: 2 }] });
  });

  test('when an upsert has a single $or, then its equality makes the document; $rename goes by the place it writes to', async () => {
    const things = freshCollection(server());
    await things.updateOne({ $or: [{ a: 1 }] }, { $set: { b: 2 } }, { upsert: true });
    expect(await things.findOne({}, { projection: { _id: 0 } })).toEqual({ a: 1, b: 2 });
    for (const to of ['', 'b.', '$b', 'a.c', 5])
      await expect(updated({ a: { x: 1 } }, { $rename: { a: to } })).rejects.toBeInstanceOf(MongoServerError);
    await expect(updated({ a: [{ b: 1 }] }, { $rename: { 'a.0.b': 'c' } })).rejects.toBeInstanceOf(MongoServerError);
  });

  test('when $pull has $or, $and or $nor, then they are asked of the elements', async () => {
    const before = { a: [{ x: 1 }, { x: 2 }, { x: 3 }] };
    expect(await updated(before, { $pull: { a: { $or: [{ x: 1 }, { x: 3 }] } } })).toEqual({ a: [{ x: 2 }] });
    expect(await updated(before, { $pull: { a: { $and: [{ x: 1 }] } } })).toEqual({ a: [{ x: 2 }, { x: 3 }] });
    expect(await updated(before, { $pull: { a: { $nor: [{ x: 1 }] } } })).toEqual({ a: [{ x: 1 }] });
  });

  if (kind === 'embedded')
    test('when an answer is larger than a message, then it is refused, not cut off; long listings have a cursor', async () => {
      const things = freshCollection(server());
      await things.insertMany([1, 2, 3].map((n) => ({ text: String(n).repeat(7_000_000) })));
      await expect(things.distinct('text')).rejects.toMatchObject({ code: 10334 });
      await expect(things.aggregate([{ $group: { _id: null, all: { $push: '$text' } } }]).toArray()).rejects.toMatchObject({ code: 10334 });
      expect((await things.find().toArray()).map(({ text }) => text.length)).toEqual([7_000_000, 7_000_000, 7_000_000]);
      const db = server().client.db(`${server().db.databaseName}_many`);
      for (let n = 0; n < 120; n += 1) await db.createCollection(`c${n}`);
      expect(await db.listCollections().toArray()).toHaveLength(120);
      await db.dropDatabase();
    }, 60_000);
});
