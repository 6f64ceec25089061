import { BSON } from 'mongodb';
import { createGenerator, type Doc } from './generate';
import { INDEXES } from './generate/operations';
import { createRandom, testSeed } from './generate/random';
import { startEmbedded, type TestServer } from './servers';

const ROUNDS = Number(process.env.FUZZ_ROUNDS ?? 300);

let server: TestServer;
beforeAll(async () => {
  server = await startEmbedded();
});
afterAll(() => server.close());

test(`when an index answers, then it answers what a full scan does, seed ${testSeed}`, async () => {
  const random = createRandom(testSeed + 1_000_000);
  const generate = createGenerator(random);
  const things = server.db.collection<Doc>('things');
  for (const { key, options } of INDEXES.filter(({ options: { unique } = {} }) => unique !== true)) await things.createIndex(key, options);
  await things.createIndex({ c: 1 });
  await things.insertMany(Array.from({ length: 200 }, (_, id) => generate.document(id)));
  const written = (documents: Doc[]) => documents.map((document) => BSON.EJSON.stringify(document, { relaxed: false }));
  let byIndex = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const filter = generate.filter();
    const options = { sort: generate.sort() as never, skip: random.int(3), limit: random.int(20), promoteValues: false };
    const [planned, scanned] = await Promise.all([
      things.find(filter, options).toArray(),
      things.find(filter, { ...options, hint: { $natural: 1 } }).toArray(),
    ]);
    if (round % 10 === 0) {
      const { queryPlanner } = await things.find(filter, options).explain();
      if (JSON.stringify(queryPlanner).includes('IXSCAN')) byIndex += 1;
    }
    const [found, wanted] = [written(planned), written(scanned)];
    if (found.join() !== wanted.join()) expect({ filter, options, found }).toEqual({ filter, options, found: wanted });
    if (round % 5 === 0) {
      const { update, arrayFilters } = generate.change();
      await things.updateMany(generate.filter(), update, { ...(arrayFilters && { arrayFilters }) }).catch(() => undefined);
    }
  }
  // A fuzz in which no index was ever chosen would have compared scans with scans.
  expect(byIndex).toBeGreaterThan(ROUNDS / 50);
}, 300_000);
