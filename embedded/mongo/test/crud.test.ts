import { Int32, Long, MongoBulkWriteError, ObjectId } from 'mongodb';
import { describeServers, freshCollection } from './servers';

describeServers('CRUD by the bare driver', (server) => {
  const fresh = () => freshCollection(server());

  test('when documents are inserted, then they are found as they were, and those without an _id got one', async () => {
    const things = fresh();
    const { insertedId } = await things.insertOne({ a: 1, nested: { list: [1, 'two', null] } });
    expect(insertedId).toBeInstanceOf(ObjectId);
    expect(await things.findOne({ a: 1 })).toEqual({ _id: insertedId, a: 1, nested: { list: [1, 'two', null] } });
    const { insertedCount } = await things.insertMany([{ _id: 1 }, { _id: 'one' }, { _id: { of: 1 } }]);
    expect(insertedCount).toBe(3);
    expect(await things.countDocuments()).toBe(4);
  });

  test('when an update finds nothing, then upsert makes the document of its filter and its operators', async () => {
    const things = fresh();
    const made = await things.updateOne(
      { name: 'ann', 'address.town': { $eq: 'Rome' }, age: { $gt: 7 } },
      { $set: { a: 1 }, $setOnInsert: { b: 2 }, $inc: { n: 3 } },
      { upsert: true },
    );
    expect(made).toMatchObject({ matchedCount: 0, upsertedCount: 1 });
    const [stored] = await things.find().toArray();
    expect(stored).toEqual({ _id: made.upsertedId, name: 'ann', address: { town: 'Rome' }, a: 1, b: 2, n: 3 });
    const again = await things.updateOne({ name: 'ann' }, { $set: { a: 2 }, $setOnInsert: { b: 9 } }, { upsert: true });
    expect(again).toMatchObject({ matchedCount: 1, modifiedCount: 1, upsertedCount: 0, upsertedId: null });
    expect(await things.findOne({ name: 'ann' })).toMatchObject({ a: 2, b: 2 });
    await things.replaceOne({ _id: 7 }, { whole: true }, { upsert: true });
    expect(await things.findOne({ _id: 7 })).toEqual({ _id: 7, whole: true });
    await expect(things.updateOne({ _id: 8 }, { $set: { _id: 9 } }, { upsert: true })).rejects.toMatchObject({ code: 66 });
    await expect(things.updateOne({ $expr: { $eq: ['$a', 77] } }, { $set: { a: 1 } }, { upsert: true })).rejects.toThrow(/\$expr/);
  });

  test('when a document is replaced or changed, then its _id stays, and the same again modifies nothing', async () => {
    const things = fresh();
    await things.insertOne({ _id: 1, a: 1, b: 2 });
    expect(await things.replaceOne({ _id: 1 }, { c: 3 })).toMatchObject({ matchedCount: 1, modifiedCount: 1 });
    expect(await things.findOne()).toEqual({ _id: 1, c: 3 });
    expect(await things.updateOne({ _id: 1 }, { $set: { c: 3 } })).toMatchObject({ matchedCount: 1, modifiedCount: 0 });
    await expect(things.updateOne({ _id: 1 }, { $set: { _id: 2 } })).rejects.toMatchObject({ code: 66 });
    await expect(things.updateOne({ _id: 1 }, { $set: { a: 1 }, $inc: { a: 1 } })).rejects.toMatchObject({ code: 40 });
  });

  test('when findAndModify runs, then it answers the document of before or after, of the first in the sort', async () => {
    const things = fresh();
    await things.insertMany([
      { _id: 1, n: 1 },
      { _id: 2, n: 2 },
      { _id: 3, n: 3 },
    ]);
    expect(await things.findOneAndUpdate({}, { $inc: { n: 10 } }, { sort: { n: -1 } })).toEqual({ _id: 3, n: 3 });
    expect(await things.findOneAndUpdate({ _id: 1 }, { $inc: { n: 10 } }, { returnDocument: 'after', projection: { _id: 0 } })).toEqual({
      n: 11,
    });
    expect(await things.findOneAndUpdate({ _id: 9 }, { $set: { n: 9 } })).toBeNull();
    expect(await things.findOneAndUpdate({ _id: 9 }, { $set: { n: 9 } }, { upsert: true })).toBeNull();
    expect(await things.findOneAndUpdate({ _id: 10 }, { $set: { n: 1 } }, { upsert: true, returnDocument: 'after' })).toEqual({
      _id: 10,
      n: 1,
    });
    expect(await things.findOneAndReplace({ _id: 2 }, { m: 1 }, { returnDocument: 'after' })).toEqual({ _id: 2, m: 1 });
    expect(await things.findOneAndDelete({}, { sort: { _id: -1 } })).toEqual({ _id: 10, n: 1 });
    expect(await things.findOneAndUpdate({ _id: 3 }, { $set: { n: 0 } }, { includeResultMetadata: true })).toMatchObject({
      lastErrorObject: { n: 1, updatedExisting: true },
      value: { _id: 3, n: 13 },
    });
  });

  test('when a bulk write fails in its middle, then an ordered one stops there and an unordered one goes on', async () => {
    const statements = [
      { insertOne: { document: { _id: 1 } } },
      { insertOne: { document: { _id: 1 } } },
      { insertOne: { document: { _id: 2 } } },
      { insertOne: { document: { _id: 2 } } },
      { insertOne: { document: { _id: 3 } } },
    ];
    for (const [ordered, stored, failed] of [
      [true, 1, [1]],
      [false, 3, [1, 3]],
    ] as const) {
      const things = fresh();
      const error: MongoBulkWriteError = await things.bulkWrite(statements, { ordered }).then(
        () => undefined as never,
        (reason) => reason,
      );
      expect(error).toBeInstanceOf(MongoBulkWriteError);
      expect(error.code).toBe(11000);
      expect([error.writeErrors].flat().map(({ index }) => index)).toEqual(failed);
      expect([error.writeErrors].flat().every(({ code, errmsg }) => code === 11000 && /E11000.*_id_/.test(errmsg ?? ''))).toBe(true);
      expect(error.insertedCount).toBe(stored);
      expect(await things.countDocuments()).toBe(stored);
    }
  });

  test('when a bulk write mixes its kinds, then each is counted', async () => {
    const things = fresh();
    await things.insertMany([{ _id: 1 }, { _id: 2 }, { _id: 3 }]);
    const result = await things.bulkWrite([
      { insertOne: { document: { _id: 4 } } },
      { updateOne: { filter: { _id: 1 }, update: { $set: { a: 1 } } } },
      { updateMany: { filter: { _id: { $gt: 1 } }, update: { $set: { b: 1 } } } },
      { replaceOne: { filter: { _id: 9 }, replacement: { c: 1 }, upsert: true } },
      { deleteOne: { filter: { _id: 2 } } },
      { deleteMany: { filter: { b: 1 } } },
    ]);
    expect(result).toMatchObject({ insertedCount: 1, matchedCount: 4, modifiedCount: 4, upsertedCount: 1, deletedCount: 3 });
    expect(result.upsertedIds[3]).toBe(9);
    expect(await things.find().sort({ _id: 1 }).toArray()).toEqual([
      { _id: 1, a: 1 },
      { _id: 9, c: 1 },
    ]);
  });

  test('when documents are counted and distinguished, then by filter, by estimate and by value', async () => {
    const things = fresh();
    await things.insertMany([{ s: 'a', tags: ['x', 'y'] }, { s: 'b', tags: ['y'] }, { s: 'a' }, { tags: [] }]);
    expect(await things.estimatedDocumentCount()).toBe(4);
    expect(await things.countDocuments({ s: 'a' })).toBe(2);
    expect(await things.countDocuments({}, { skip: 1, limit: 2 })).toBe(2);
    expect(await things.countDocuments({ s: 'none' })).toBe(0);
    expect((await things.distinct('s')).sort()).toEqual(['a', 'b']);
    expect((await things.distinct('tags', { s: 'a' })).sort()).toEqual(['x', 'y']);
  });

  test('when deletes are sent, then one goes or all do', async () => {
    const things = fresh();
    await things.insertMany([{ a: 1 }, { a: 1 }, { a: 1 }, { a: 2 }]);
    expect((await things.deleteOne({ a: 1 })).deletedCount).toBe(1);
    expect((await things.deleteMany({ a: 1 })).deletedCount).toBe(2);
    expect((await things.deleteMany({ a: 1 })).deletedCount).toBe(0);
    expect(await things.countDocuments()).toBe(1);
  });

  test('when a document or what an update makes of it is larger than 16 MB, then it is refused and nothing is stored', async () => {
    const things = fresh();
    await things.insertOne({ _id: 1, text: 'x'.repeat(9_000_000) });
    await expect(things.updateOne({ _id: 1 }, { $set: { more: 'y'.repeat(9_000_000) } })).rejects.toThrow();
    expect(Object.keys((await things.findOne({ _id: 1 })) ?? {})).toEqual(['_id', 'text']);
    await expect(things.insertOne({ _id: 2, text: 'x'.repeat(16 * 1024 * 1024) })).rejects.toThrow();
    expect(await things.countDocuments()).toBe(1);
  });

  test('when numbers outgrow their type, then int32 becomes int64, and that never wraps around', async () => {
    const things = fresh();
    await things.insertOne({ _id: 1, int: new Int32(2_147_483_647), long: Long.MAX_VALUE });
    await things.updateOne({ _id: 1 }, { $inc: { int: 1 } });
    expect(await things.findOne({ _id: 1 }, { promoteValues: false, projection: { int: 1, _id: 0 } })).toEqual({
      int: Long.fromString('2147483648'),
    });
    await expect(things.updateOne({ _id: 1 }, { $inc: { long: 1 } })).rejects.toMatchObject({ code: 2 });
    await expect(things.updateOne({ _id: 1 }, { $inc: { int: 'one' } } as never)).rejects.toMatchObject({ code: 14 });
  });
});
