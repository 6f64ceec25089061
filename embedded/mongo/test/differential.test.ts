import fc from 'fast-check';
import { BSON, MongoServerError } from 'mongodb';
import { decode, fieldsOf, isDocument } from '../src/bson';
import { isExcepted } from './differences';
import { createGenerator, type Doc } from './generate';
import { createOperations, type Operation } from './generate/operations';
import { createRandom, draws, reporter, testSeed } from './generate/random';
import { connectReference, noReference, startEmbedded, type TestServer } from './servers';

/** Small by default; DIFFERENTIAL_ROUNDS=100000 TEST_SEED=7 runs more operations. */
const ROUNDS = Number(process.env.DIFFERENTIAL_ROUNDS ?? 400);
const MOST_PER_RUN = 40;
const FILL_DRAWS = 900;
const OPERATION_DRAWS = 150;
const suite = noReference === undefined ? describe : describe.skip;

/** Numbers with their types, fields in their order: the values as they go over the wire. */
const written = (value: unknown) => BSON.EJSON.stringify(value, { relaxed: false });
/**
 * Duplicates are compared as such, every other refusal as a refusal; any other failure is a fault
 * of the test.
 */
const outcomeOf = (error: Error & { code?: unknown }) =>
  error instanceof MongoServerError ? (error.code === 11000 ? 'duplicate' : 'refused') : `threw ${error.stack}`;

suite(`the embedded store against another server, seed ${testSeed}${noReference === undefined ? '' : ` (skipped: ${noReference})`}`, () => {
  let servers: TestServer[];
  beforeAll(async () => {
    servers = await Promise.all([startEmbedded(), connectReference()]);
    for (const { db } of servers) {
      for (const name of ['things', 'others']) await db.createCollection(name);
      await db.collection('others').createIndex({ k: 1 });
    }
  }, 60_000);
  afterAll(() => Promise.all(servers.map((server) => server.close())));

  /** Runs the same on both servers and throws where they differ. */
  const onBoth = async (what: Doc, run: Operation['run']): Promise<string> => {
    const [ours = '', theirs = ''] = await Promise.all(servers.map(({ db }) => run(db).then((value) => written({ value }), outcomeOf)));
    if (ours === theirs) return ours;
    const at = Math.max(
      0,
      [...ours].findIndex((character, index) => character !== theirs[index]),
    );
    const around = (text: string) => text.slice(Math.max(0, at - 300), at + 300);
    throw new Error(`${written(what)}\n  ours:   ${around(ours)}\n  theirs: ${around(theirs)}`);
  };
  /** All documents; of the field whose names are numbers, the names in their order. */
  const all: Operation['run'] = async (db) =>
    (
      await db
        .collection('things')
        .find({}, { sort: { _id: 1 }, raw: true })
        .toArray()
    ).map((given) => {
      const raw = given as unknown as Uint8Array;
      const { m } = decode(raw);
      return { ...BSON.deserialize(raw, { promoteValues: false }), ...(isDocument(m) && { m: fieldsOf(m) }) };
    });
  const operationsOf = (choices: readonly number[]) => {
    const random = createRandom(choices);
    return createOperations(random, createGenerator(random));
  };
  const refill = async (choices: readonly number[]) => {
    const operations = operationsOf(choices);
    const [things, others, indexes] = [operations.fill(), operations.others(), operations.indexes()];
    for (const { db } of servers) {
      // Emptied, not dropped: the other server goes on looking for the dropped one now and then.
      for (const name of ['things', 'others']) await db.collection(name).deleteMany({});
      await db.collection('things').dropIndexes();
      await db.collection<Doc>('others').insertMany(others.map((document) => ({ ...document })));
    }
    await onBoth({ indexes }, async (db) => {
      for (const { key, options } of indexes) await db.collection('things').createIndex(key, options);
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

  test('when the same random operations run on both, then answers and documents are the same', async () => {
    const seen = new Map<string, number>();
    const run = async (fill: readonly number[], choices: readonly number[][]) => {
      await refill(fill);
      for (const one of choices) {
        const operation = operationsOf(one).next();
        if (isExcepted(operation)) continue;
        const outcome = await onBoth({ [operation.kind]: operation.shape }, operation.run);
        const key = `${operation.kind} ${outcome === 'refused' || outcome === 'duplicate' ? outcome : 'done'}`;
        seen.set(key, (seen.get(key) ?? 0) + 1);
        if (!operation.writes) continue;
        // A refused change of many has changed those before it; in which order is not promised.
        if (outcome === 'refused' || outcome === 'duplicate') await refill(fill);
        else await onBoth({ after: { [operation.kind]: operation.shape } }, all);
      }
    };
    await fc.assert(
      fc.asyncProperty(draws(FILL_DRAWS), fc.array(draws(OPERATION_DRAWS), { minLength: 1, maxLength: MOST_PER_RUN, size: 'max' }), run),
      {
        seed: testSeed,
        numRuns: Math.ceil(ROUNDS / (MOST_PER_RUN / 2)),
        interruptAfterTimeLimit: 7_000_000,
        // DIFFERENTIAL_SHRINK=0 reports the first failure as it is.
        endOnFailure: process.env.DIFFERENTIAL_SHRINK === '0',
        reporter,
      },
    );
    // A generator that only ever made refusals would have compared nothing.
    for (const kind of ['find', 'aggregate', 'update', 'findOneAndUpdate', 'bulkWrite', 'distinct'])
      expect([kind, seen.get(`${kind} done`) ?? 0]).toEqual([kind, expect.any(Number)]);
    expect(seen.get('aggregate done')).toBeGreaterThan(seen.get('aggregate refused') ?? 0);
    expect(seen.get('update done')).toBeGreaterThan(seen.get('update refused') ?? 0);
    expect(seen.get('malformed done')).toBeUndefined();
    if (process.env.DIFFERENTIAL_ROUNDS !== undefined) process.stderr.write(`seed ${testSeed}: ${written(Object.fromEntries(seen))}\n`);
  }, 7_200_000);
});
