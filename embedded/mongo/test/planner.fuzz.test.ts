import fc from 'fast-check';
import { BSON } from 'mongodb';
import { createGenerator, type Doc } from './generate';
import { INDEXES } from './generate/operations';
import { createRandom, draws, reporter, testSeed } from './generate/random';
import { startEmbedded, type TestServer } from './servers';

/** Small by default; FUZZ_ROUNDS=20000 runs more queries. */
const ROUNDS = Number(process.env.FUZZ_ROUNDS ?? 300);
const QUERIES_PER_RUN = 20;
const DOCUMENTS = 60;

let server: TestServer;
beforeAll(async () => {
  server = await startEmbedded();
});
afterAll(() => server.close());

const generatorOf = (choices: readonly number[]) => {
  const random = createRandom(choices);
  return { random, generate: createGenerator(random) };
};
const written = (documents: Doc[]) => documents.map((document) => BSON.EJSON.stringify(document, { relaxed: false }));

test(`when an index answers, then it answers what a full scan does, seed ${testSeed}`, async () => {
  const things = server.db.collection<Doc>('things');
  for (const { key, options } of INDEXES.filter(({ options: { unique } = {} }) => unique !== true)) await things.createIndex(key, options);
  await things.createIndex({ c: 1 });
  let queries = 0;
  let byIndex = 0;
  const query = async (choices: readonly number[]) => {
    const { random, generate } = generatorOf(choices);
    const filter = generate.filter();
    const sort = random.chance(0.2) ? { [random.pick('list', 'grid', 'rows.k')]: random.pick(1, -1), ...generate.sort() } : generate.sort();
    const options = { sort: sort as never, skip: random.int(3), limit: random.int(20), promoteValues: false };
    // A sort by two arrays is refused; with an index and without.
    const ask = (more: object) =>
      things
        .find(filter, { ...options, ...more })
        .toArray()
        .then(written, (error: Error) => [error.message]);
    const [planned, scanned] = await Promise.all([ask({}), ask({ hint: { $natural: 1 } })]);
    expect({ filter, options, found: planned }).toEqual({ filter, options, found: scanned });
    queries += 1;
    if (queries % 10 === 0) {
      const { queryPlanner } = await things.find(filter, { sort: generate.sort() as never }).explain();
      if (JSON.stringify(queryPlanner).includes('IXSCAN')) byIndex += 1;
    }
    if (!random.chance(0.2)) return;
    const { update, arrayFilters } = generate.change();
    await things.updateMany(generate.filter(), update, { ...(arrayFilters && { arrayFilters }) }).catch(() => undefined);
  };
  await fc.assert(
    fc.asyncProperty(
      draws(1_500),
      fc.array(draws(150), { minLength: 1, maxLength: QUERIES_PER_RUN * 2, size: 'max' }),
      async (fill, all) => {
        const { generate } = generatorOf(fill);
        await things.deleteMany({});
        await things.insertMany(Array.from({ length: DOCUMENTS }, (_, id) => generate.document(id)));
        for (const choices of all) await query(choices);
      },
    ),
    { seed: testSeed, numRuns: Math.ceil(ROUNDS / QUERIES_PER_RUN), interruptAfterTimeLimit: 3_500_000, reporter },
  );
  // A run in which no index was ever chosen would have compared scans with scans.
  expect(byIndex).toBeGreaterThan(queries / 500);
}, 3_600_000);
