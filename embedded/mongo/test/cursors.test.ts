import { Long } from 'bson';
import { createCursors } from '../src/cursors';
import { createMemoryBudget } from '../src/memory-budget';
import { describeServers, freshCollection } from './servers';

describeServers('Cursors', (server) => {
  const filled = async () => {
    const things = freshCollection(server());
    await things.insertMany(Array.from({ length: 250 }, (_, _id) => ({ _id })));
    return things;
  };

  test('when an answer is larger than a batch, then getMore brings the rest, in order', async () => {
    const things = await filled();
    const batches: number[] = [];
    server().client.on('commandSucceeded', ({ reply }) => {
      const cursor = (reply as { cursor?: { firstBatch?: unknown[]; nextBatch?: unknown[] } }).cursor;
      if (cursor !== undefined) batches.push((cursor.firstBatch ?? cursor.nextBatch ?? []).length);
    });
    expect((await things.find().sort({ _id: 1 }).batchSize(100).toArray()).map(({ _id }) => _id)).toEqual(
      Array.from({ length: 250 }, (_, id) => id),
    );
    server().client.removeAllListeners('commandSucceeded');
    expect(batches).toEqual([100, 100, 50]);
    expect(await things.find().sort({ _id: 1 }).skip(10).limit(120).batchSize(50).toArray()).toHaveLength(120);
    expect(await things.aggregate([{ $sort: { _id: -1 } }], { batchSize: 7 }).toArray()).toHaveLength(250);
  });

  test('when a cursor is closed or unknown, then getMore says that it is not there', async () => {
    const things = await filled();
    const { cursor } = await server().db.command({ find: things.collectionName, batchSize: 10 });
    const id = Long.fromValue(cursor.id);
    expect((await server().db.command({ killCursors: things.collectionName, cursors: [id] })).cursorsKilled).toHaveLength(1);
    await expect(server().db.command({ getMore: id, collection: things.collectionName })).rejects.toMatchObject({ code: 43 });
    await expect(server().db.command({ getMore: Long.fromNumber(77), collection: things.collectionName })).rejects.toMatchObject({
      code: 43,
    });
  });

  test('when a single batch is asked for, then no cursor is left open', async () => {
    const things = await filled();
    const { cursor } = await server().db.command({ find: things.collectionName, limit: 10, singleBatch: true });
    expect(cursor.firstBatch).toHaveLength(10);
    expect(Long.fromValue(cursor.id).isZero()).toBe(true);
  });
});

test('when a cursor idles for ten minutes, then it is dropped, unless it was opened with noCursorTimeout', () => {
  jest.useFakeTimers();
  try {
    const cursors = createCursors(createMemoryBudget());
    const open = (keep: boolean) => {
      const answer = cursors.answer('db.things', { batchSize: 2, keep });
      for (let row = 0; row < 5; row += 1) answer.add(Buffer.from('0500000000', 'hex'));
      return (answer.reply().cursor as { id: Long }).id;
    };
    const [idle, read, kept] = [open(false), open(false), open(true)];
    jest.advanceTimersByTime(8 * 60_000);
    cursors.next('db.things', read, 1);
    jest.advanceTimersByTime(4 * 60_000);
    expect(() => cursors.next('db.things', idle, 1)).toThrow(/not found/);
    expect(cursors.next('db.things', read, 1)).toMatchObject({ ok: 1 });
    expect(cursors.next('db.things', kept, 1)).toMatchObject({ ok: 1 });
    expect(() => cursors.next('db.others', kept, 1)).toThrow(/different namespace/);
    cursors.close();
  } finally {
    jest.useRealTimers();
  }
});
