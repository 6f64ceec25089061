import { BSON } from 'mongodb';
import { createGenerator, type Doc } from './generate';
import { createRandom, testSeed } from './random';
import { connectJudge, noJudge, startEmbedded, type TestServer } from './servers';

const ROUNDS = Number(process.env.DIFFERENTIAL_ROUNDS ?? 1_500);
const suite = noJudge === undefined ? describe : describe.skip;

/** Numbers with their types, fields in their order: what goes over the wire. */
const written = (value: unknown) => BSON.EJSON.stringify(value, { relaxed: false });
const idsOf = (text: string) => [...text.matchAll(/"_id":\{"\$numberInt":"(\d+)"/g)].map(([, id]) => id).join();

suite(`the embedded store against another server, seed ${testSeed}${noJudge === undefined ? '' : ` (skipped: ${noJudge})`}`, () => {
  let servers: TestServer[];
  beforeAll(async () => {
    servers = await Promise.all([startEmbedded(), connectJudge()]);
  }, 60_000);
  afterAll(() => Promise.all(servers.map((server) => server.close())));

  test('when the same random operations run on both, then answers and documents are the same', async () => {
    const random = createRandom(testSeed);
    const generate = createGenerator(random);
    const differences: string[] = [];
    /** Answers whether both did it. */
    const onBoth = async (what: unknown, run: (server: TestServer) => Promise<unknown>): Promise<boolean> => {
      const [ours, theirs] = await Promise.all(
        servers.map((server) =>
          run(server).then(
            (value) => written({ value }),
            (error: Error & { code?: number }) => (error.name.startsWith('Mongo') ? 'refused' : `threw ${error.stack}`),
          ),
        ),
      );
      if (ours === undefined || theirs === undefined) return false;
      if (ours === theirs) return ours !== 'refused';
      const at = [...ours].findIndex((character, index) => character !== theirs[index]);
      const around = (text: string) => text.slice(Math.max(0, at - 300), at + 300);
      differences.push(`${written(what)}\n  ours:   ${idsOf(ours)} ... ${around(ours)}\n  theirs: ${idsOf(theirs)} ... ${around(theirs)}`);
      return false;
    };
    const all = (server: TestServer) =>
      server.db
        .collection<Doc>('things')
        .find({}, { sort: { _id: 1 }, promoteValues: false })
        .toArray();
    const refill = async () => {
      const documents = Array.from({ length: 30 }, (_, id) => generate.document(id));
      for (const server of servers) {
        await server.db.collection('things').deleteMany({});
        await server.db.collection<Doc>('things').insertMany(documents.map((document) => ({ ...document })));
      }
    };
    for (const server of servers) {
      await server.db.collection('things').createIndex({ a: 1, n: -1 });
      await server.db.collection('things').createIndex({ n: 1 });
      await server.db.collection('things').createIndex({ list: 1 });
    }
    await refill();
    for (let round = 0; round < ROUNDS && differences.length < 10; round += 1) {
      if (round % 60 === 59) await refill();
      const kind = random.int(10);
      const filter = generate.filter();
      if (kind < 4) {
        const options = { sort: generate.sort() as never, skip: random.int(3), ...(random.chance(0.5) && { limit: 1 + random.int(10) }) };
        await onBoth({ find: filter, ...options }, ({ db }) =>
          db
            .collection('things')
            .find(filter, { ...options, promoteValues: false })
            .toArray(),
        );
      } else if (kind < 5) {
        await onBoth({ count: filter }, ({ db }) => db.collection('things').countDocuments(filter));
      } else if (kind < 7) {
        const pipeline = generate.pipeline();
        await onBoth({ pipeline }, ({ db }) => db.collection('things').aggregate(pipeline, { promoteValues: false }).toArray());
      } else {
        const update = generate.update();
        const many = random.chance(0.5);
        const target = many ? filter : { ...filter, _id: random.int(30) };
        // Whether a change to the same value counts as a modification is not the same everywhere.
        const vague = ['$inc', '$mul', '$bit', '$push'].some((operator) => operator in update);
        const done = await onBoth({ update, many, target }, async (server) => {
          const things = server.db.collection<Doc>('things');
          const { matchedCount, modifiedCount } = many ? await things.updateMany(target, update) : await things.updateOne(target, update);
          return { matchedCount, ...(!vague && { modifiedCount }) };
        });
        // A refused change of many has changed those before it; in which order is nobody's promise.
        if (!done || !(await onBoth({ after: { update, many, target } }, all))) await refill();
      }
    }
    if (differences.length > 0) throw new Error(`seed ${testSeed}\n${differences.join('\n\n')}`);
    expect(differences).toEqual([]);
  }, 240_000);
});
