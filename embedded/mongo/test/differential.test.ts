import { BSON, MongoServerError } from 'mongodb';
import { isExcepted } from './differences';
import { createGenerator, type Doc } from './generate';
import { createOperations, type Operation } from './generate/operations';
import { createRandom, testSeed } from './generate/random';
import { connectJudge, noJudge, startEmbedded, type TestServer } from './servers';

/** Small by default; DIFFERENTIAL_ROUNDS=100000 TEST_SEED=7 asks for more. */
const ROUNDS = Number(process.env.DIFFERENTIAL_ROUNDS ?? 400);
const REFILL_AFTER = 60;
const suite = noJudge === undefined ? describe : describe.skip;

/** Numbers with their types, fields in their order: what goes over the wire. */
const written = (value: unknown) => BSON.EJSON.stringify(value, { relaxed: false });
/** How a failure is compared: duplicates as such, every other refusal as a refusal; what is no refusal is a fault of the test. */
const outcomeOf = (error: Error & { code?: unknown }) =>
  error instanceof MongoServerError ? (error.code === 11000 ? 'duplicate' : 'refused') : `threw ${error.stack}`;

suite(`the embedded store against another server, seed ${testSeed}${noJudge === undefined ? '' : ` (skipped: ${noJudge})`}`, () => {
  let servers: TestServer[];
  beforeAll(async () => {
    servers = await Promise.all([startEmbedded(), connectJudge()]);
  }, 60_000);
  afterAll(() => Promise.all(servers.map((server) => server.close())));

  test('when the same random operations run on both, then answers and documents are the same', async () => {
    const random = createRandom(testSeed);
    const operations = createOperations(random, createGenerator(random));
    const differences: string[] = [];
    const seen = new Map<string, number>();
    let indexes: unknown;

    const onBoth = async (what: Doc, run: Operation['run']): Promise<string | undefined> => {
      const [ours = '', theirs = ''] = await Promise.all(servers.map(({ db }) => run(db).then((value) => written({ value }), outcomeOf)));
      if (ours === theirs) return ours;
      const at = Math.max(
        0,
        [...ours].findIndex((character, index) => character !== theirs[index]),
      );
      const around = (text: string) => text.slice(Math.max(0, at - 300), at + 300);
      differences.push(`${written(what)}\nindexes ${written(indexes)}\n  ours:   ${around(ours)}\n  theirs: ${around(theirs)}`);
      return undefined;
    };
    const all: Operation['run'] = (db) =>
      db
        .collection('things')
        .find({}, { sort: { _id: 1 }, promoteValues: false })
        .toArray();
    const refill = async () => {
      const [things, others, wanted] = [operations.fill(), operations.others(), operations.indexes()];
      indexes = wanted;
      for (const { db } of servers) {
        // Emptied, not dropped: the other server goes on looking for the dropped one now and then.
        for (const name of ['things', 'others']) await db.collection(name).deleteMany({});
        await db.collection('things').dropIndexes();
        await db.collection<Doc>('others').insertMany(others.map((document) => ({ ...document })));
      }
      await onBoth({ indexes }, async (db) => {
        for (const { key, options } of wanted) await db.collection('things').createIndex(key, options);
      });
      await onBoth({ fill: things }, async (db) => {
        const filled = await db
          .collection<Doc>('things')
          .insertMany(
            things.map((document) => ({ ...document })),
            { ordered: false },
          )
          .catch((error: Doc) => error.result as Doc);
        return filled.insertedCount;
      });
      await onBoth({ filled: things }, all);
    };
    for (const { db } of servers) {
      for (const name of ['things', 'others']) await db.createCollection(name);
      await db.collection('others').createIndex({ k: 1 });
    }
    await refill();
    for (let round = 0; round < ROUNDS && differences.length < 10; round += 1) {
      if (round % REFILL_AFTER === REFILL_AFTER - 1) await refill();
      const operation = operations.next();
      if (isExcepted(operation)) continue;
      const outcome = await onBoth({ [operation.kind]: operation.shape }, operation.run);
      const key = `${operation.kind} ${outcome === 'refused' || outcome === 'duplicate' ? outcome : 'done'}`;
      seen.set(key, (seen.get(key) ?? 0) + 1);
      if (!operation.writes) continue;
      // A refused change of many has changed those before it; in which order is nobody's promise.
      if (
        outcome === undefined ||
        outcome === 'refused' ||
        outcome === 'duplicate' ||
        (await onBoth({ after: { [operation.kind]: operation.shape } }, all)) === undefined
      )
        await refill();
    }
    if (differences.length > 0) throw new Error(`seed ${testSeed}, ${written(Object.fromEntries(seen))}\n${differences.join('\n\n')}`);
    // A generator that only ever made refusals would have compared nothing.
    for (const kind of ['find', 'aggregate', 'update', 'findOneAndUpdate', 'bulkWrite', 'distinct'])
      expect([kind, seen.get(`${kind} done`) ?? 0]).toEqual([kind, expect.any(Number)]);
    expect(seen.get('aggregate done')).toBeGreaterThan(seen.get('aggregate refused') ?? 0);
    expect(seen.get('update done')).toBeGreaterThan(seen.get('update refused') ?? 0);
  }, 900_000);
});
