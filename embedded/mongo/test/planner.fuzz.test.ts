import { BSON } from 'mongodb';
import { createGenerator, type Doc } from './generate';
import { createRandom, testSeed } from './random';
import { startEmbedded, type TestServer } from './servers';

let server: TestServer;
beforeAll(async () => {
  server = await startEmbedded();
});
afterAll(() => server.close());

test(`when an index answers, then it answers what a full scan does, seed ${testSeed}`, async () => {
  const random = createRandom(testSeed + 1_000_000);
  const generate = createGenerator(random);
  const things = server.db.collection<Doc>('things');
  await things.createIndexes([
    { key: { a: 1, n: -1 } },
    { key: { n: 1, b: 1, _id: 1 } },
    { key: { list: 1 } },
    { key: { 'rows.k': 1, s: 1 } },
    { key: { 'sub.x': -1 }, sparse: true },
    { key: { b: 1 }, partialFilterExpression: { n: { $gte: 5 } } },
    { key: { c: 1 } },
  ]);
  await things.insertMany(Array.from({ length: 200 }, (_, id) => generate.document(id)));
  const written = (documents: Doc[]) => documents.map((document) => BSON.EJSON.stringify(document, { relaxed: false }));
  let byIndex = 0;
  for (let round = 0; round < 1_500; round += 1) {
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
    expect({ filter, options, found: written(planned) }).toEqual({ filter, options, found: written(scanned) });
    if (round % 5 === 0) await things.updateMany(generate.filter(), generate.update() as never).catch(() => undefined);
  }
  // A fuzz in which no index was ever chosen would have compared scans with scans.
  expect(byIndex).toBeGreaterThan(30);
}, 120_000);
