import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { routes } from '@linsta/contracts';
import { waitFor } from '@linsta/testing';
import { MongoClient } from 'mongodb';
import { startProduct, type Product } from '../support/product';
import { keptByShards, refusedByShards, SHARD_KEYS, shardKeyOf, shardsOf } from './queries/sharding';
import { captureStatements, filterShape, shapeOf, sortShape, type Statement } from './queries/statements';
import { exerciseAfterRestart, exerciseAllQueries } from './queries/exercise';

const DOCUMENT = join(__dirname, '..', '..', 'docs', 'scaling.md');
const onEmbedded = (process.env.MONGO_URL ?? '') === '';

let product: Product;
let client: MongoClient;
let statements: Statement[];
const called = new Set<string>();

/** The real commands of the running services, from a run of all operations of the product. */
beforeAll(async () => {
  const capture = captureStatements();
  product = await startProduct({ PUBLISH_MESSAGE_SENT: 'true' });
  const { call } = product;
  product.call = (method, path, ...rest) => {
    called.add(`${method} ${path.split('?')[0]}`);
    return call(method, path, ...rest);
  };
  const people = await exerciseAllQueries(product);
  await product.restart();
  await exerciseAfterRestart(product, people);
  // The bus polls for events to re-drive once a second; the queries may finish earlier.
  await waitFor(() => capture.statements().some(({ collection }) => collection === 'parked_events'), 'the look at parked events');
  capture.stop();
  statements = capture.statements();
  client = await MongoClient.connect(product.storeUrl);
}, 120_000);
afterAll(async () => {
  await client.close();
  await product.stop();
});

interface Stage {
  stage: string;
  indexName?: string;
  inputStage?: Stage;
}
/** The stages of how the server would find what a statement asks for, whatever command asks it. */
async function planOf({ database, collection, filter, sort }: Statement): Promise<Stage[]> {
  const explained = await client
    .db(database)
    .command({ explain: { find: collection, filter, ...(Object.keys(sort).length > 0 && { sort }) }, verbosity: 'queryPlanner' });
  const stages: Stage[] = [];
  for (let stage = explained.queryPlanner.winningPlan as Stage | undefined; stage !== undefined; stage = stage.inputStage)
    stages.push(stage);
  return stages;
}
const asking = () => statements.filter(({ kind }) => kind !== 'insert');

test('when the product is walked through, then every call of the contract has been made', () => {
  const patterns = Object.keys(routes).map((route) => ({ route, pattern: new RegExp(`^${route.replaceAll(/:\w+/g, '[^/]+')}$`) }));
  expect(patterns.filter(({ pattern }) => ![...called].some((call) => pattern.test(call))).map(({ route }) => route)).toEqual([]);
  expect(statements.length).toBeGreaterThan(60);
});

test('when a service asks its database, then an index answers, in the wanted order', async () => {
  const slow: string[] = [];
  for (const statement of asking()) {
    const stages = (await planOf(statement)).map(({ stage }) => stage);
    // The explain of the reference server does not show whether it sorts.
    if (!stages.includes('IXSCAN') || stages.includes('SORT') || stages.includes('COLLSCAN'))
      slow.push(`${shapeOf(statement)}: ${stages.join(' ← ')}`);
  }
  expect(slow).toEqual([]);
});

test('when a collection is sharded by its key, then no statement and no unique index stands against it', async () => {
  expect(statements.flatMap((statement) => refusedByShards(statement).map((fault) => `${shapeOf(statement)}: ${fault}`))).toEqual([]);
  const faults: string[] = [];
  for (const { service, database } of new Map(statements.map((statement) => [statement.database, statement])).values())
    for (const { name } of await client.db(database).listCollections().toArray())
      faults.push(...keptByShards(service, name, await client.db(database).collection(name).indexes()));
  expect(faults).toEqual([]);
});

/** The table of docs/scaling.md, from the captured queries. */
async function tableOf(): Promise<string> {
  const rows = new Map<string, { kinds: Set<string>; cells: string[] }>();
  for (const statement of asking()) {
    const index = (await planOf(statement)).find(({ indexName }) => indexName !== undefined)?.indexName ?? '';
    const { service, collection } = statement;
    const owner = ['people', 'parked_events'].includes(collection) ? 'each service' : service;
    const key = shardKeyOf(service, collection);
    const cells = [
      `${owner}.${collection}`,
      filterShape(statement),
      sortShape(statement),
      index,
      key === null ? 'not sharded' : shardsOf(statement),
    ];
    const row = rows.get(cells.join()) ?? { kinds: new Set(), cells };
    row.kinds.add(statement.upsert ? 'upsert' : statement.kind);
    rows.set(cells.join(), row);
  }
  const lines = [...rows.values()].map(({ kinds, cells: [name, filter, ...rest] }) =>
    [name, [...kinds].sort().join(', '), `\`${filter}\``, ...rest].join(' | '),
  );
  return ['collection | command | filter | sort | index | shards asked', '--- | --- | --- | --- | --- | ---', ...lines.sort()]
    .map((line) => `| ${line} |`)
    .join('\n');
}
const shardKeys = () =>
  [
    'collection | shard key',
    '--- | ---',
    ...Object.entries(SHARD_KEYS).map(
      ([name, key]) => `${name} | ${key === null ? 'none' : `\`${JSON.stringify(key).replaceAll('"', '')}\``}`,
    ),
  ]
    .map((line) => `| ${line} |`)
    .join('\n');

test('when docs/scaling.md tells of queries and shard keys, then it is what was seen (UPDATE_DOCS=1 writes it)', async () => {
  const written = readFileSync(DOCUMENT, 'utf8');
  let current = written;
  for (const [name, table] of [
    ['queries', await tableOf()],
    ['shard keys', shardKeys()],
  ] as const)
    current = current.replace(
      new RegExp(`(<!-- ${name} -->\n)[^]*?(<!-- end -->)`),
      (_, begin: string, end: string) => `${begin}\n${table}\n\n${end}`,
    );
  if (process.env.UPDATE_DOCS === '1') writeFileSync(DOCUMENT, current);
  else expect(comparable(written)).toBe(comparable(current));
});
/**
 * Without the spaces that align a table's columns; which of two good indexes another server prefers
 * is its own choice.
 */
const comparable = (text: string) => {
  const cells = text.split('\n').map((line) => line.split('|').map((cell) => cell.trim().replace(/-{3,}/, '---')));
  return cells.map((row) => (onEmbedded || row.length !== 8 ? row : row.toSpliced(5, 1)).join(' | ')).join('\n');
};
