import { aggregate, assertPipeline, leadingQuery } from '../aggregate/pipeline';
import { bsonType, type Doc, encode, isDocument, isTrue, Int32, type Long, toInteger } from '../bson';
import { encodeKey } from '../compare';
import { badValue, failedToParse, MongoError, notHere } from '../errors';
import { evaluate } from '../expressions/evaluate';
import { explain as explainQuery, find as findDocs } from '../find';
import { wrap } from '../numbers';
import { valuesAt } from '../paths';
import { compileProjection } from '../projection';
import { parseSort } from '../sort';
import { type Command, collectionName, documentOf } from './command';

const nonNegative = (value: unknown, name: string): number => {
  const number = toInteger(value, 0);
  if (number < 0) throw badValue(`BSON field '${name}' value must be >= 0, actual value '${number}'`);
  return number;
};

export const find: Command = ({ storage, cursors, db, command }) => {
  const name = collectionName(command.find);
  storage.freshRead();
  const limit = toInteger(command.limit, 0);
  const singleBatch = isTrue(command.singleBatch) || limit < 0;
  const query = {
    filter: documentOf(command.filter, 'filter'),
    sort: parseSort(command.sort),
    skip: nonNegative(command.skip, 'skip'),
    limit: Math.abs(limit),
    hint: command.hint,
  };
  const project = compileProjection(documentOf(command.projection, 'projection'));
  const collection = storage.collection(db, name);
  const rows = function* () {
    for (const found of findDocs(storage, collection, query)) yield project === undefined ? found.raw : encode(project(found.doc));
  };
  return cursors.first(
    `${db}.${name}`,
    rows(),
    command.batchSize === undefined ? undefined : nonNegative(command.batchSize, 'batchSize'),
    singleBatch,
    isTrue(command.noCursorTimeout),
  );
};

export const getMore: Command = ({ cursors, db, command }) =>
  cursors.next(
    `${db}.${collectionName(command.collection)}`,
    command.getMore,
    command.batchSize === undefined ? undefined : nonNegative(command.batchSize, 'batchSize'),
  );

export const killCursors: Command = ({ cursors, command }) => {
  if (!Array.isArray(command.cursors) || !command.cursors.every((id) => bsonType(id) === 18))
    throw badValue('cursors must be an array of longs');
  const ids = command.cursors as Long[];
  const killed = ids.filter((id) => cursors.kill(id));
  return { cursorsKilled: killed, cursorsNotFound: ids.filter((id) => !killed.includes(id)), cursorsAlive: [], cursorsUnknown: [], ok: 1 };
};

export const count: Command = ({ storage, db, command }) => {
  storage.freshRead();
  const collection = storage.collection(db, collectionName(command.count));
  const filter = documentOf(command.query, 'query');
  const [skip, limit] = [nonNegative(command.skip, 'skip'), Math.abs(toInteger(command.limit, 0))];
  if (Object.keys(filter).length === 0 && skip === 0 && limit === 0) return { n: new Int32(collection?.count ?? 0), ok: 1 };
  let n = 0;
  for (const _ of findDocs(storage, collection, { filter, skip, limit, hint: command.hint })) n += 1;
  return { n: new Int32(n), ok: 1 };
};

export const distinct: Command = ({ storage, db, command }) => {
  storage.freshRead();
  if (typeof command.key !== 'string' || command.key === '') throw badValue('distinct needs a key');
  const values = new Map<string, unknown>();
  for (const { doc } of findDocs(storage, storage.collection(db, collectionName(command.distinct)), {
    filter: documentOf(command.query, 'query'),
    hint: command.hint,
  })) {
    for (const value of valuesAt(doc, command.key).flatMap((found) => (Array.isArray(found) ? (found as unknown[]) : [found])))
      if (value !== undefined) values.set(encodeKey(value).toString('latin1'), value);
  }
  return { values: [...values.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value), ok: 1 };
};

export const aggregateCommand: Command = (context) => {
  const { storage, cursors, db, command } = context;
  if (typeof command.aggregate !== 'string') throw notHere('an aggregation of the whole database');
  const name = collectionName(command.aggregate);
  if (isTrue(command.explain)) return explain({ ...context, command: { explain: { ...command, explain: false } } });
  if (!isDocument(command.cursor)) throw failedToParse("The 'cursor' option is required, except for aggregate with the explain argument");
  storage.freshRead();
  const pipeline = assertPipeline(command.pipeline);
  const docs = aggregate(storage, db, name, pipeline, { hint: command.hint, variables: letOf(command.let) });
  const batchSize = command.cursor.batchSize;
  return cursors.first(
    `${db}.${name}`,
    docs.map((doc) => encode(doc)),
    batchSize === undefined ? undefined : nonNegative(batchSize, 'batchSize'),
    false,
  );
};
const letOf = (spec: unknown) =>
  Object.fromEntries(Object.entries(documentOf(spec, 'let')).map(([name, expression]) => [name, evaluate(expression, {})]));

export const explain: Command = ({ storage, db, command }) => {
  const inner = documentOf(command.explain, 'explain');
  const [kind = ''] = Object.keys(inner);
  storage.freshRead();
  const name = collectionName(inner[kind]);
  const statement = ((inner.updates ?? inner.deletes) as Doc[] | undefined)?.[0];
  const filters: Record<string, unknown> = {
    find: inner.filter,
    count: inner.query,
    distinct: inner.query,
    findAndModify: inner.query,
    update: statement?.q,
    delete: statement?.q,
  };
  if (kind === 'aggregate') {
    const { query } = leadingQuery(assertPipeline(inner.pipeline));
    filters.aggregate = query.filter;
    Object.assign(inner, { sort: query.sort, skip: wrap(query.skip ?? 0), limit: wrap(query.limit ?? 0) });
  }
  if (!(kind in filters)) throw new MongoError(59, 'CommandNotFound', `Explain failed due to unknown command: ${kind}`);
  const { winningPlan, executionStats } = explainQuery(storage, storage.collection(db, name), {
    filter: documentOf(filters[kind], 'filter'),
    sort: inner.sort,
    skip: toInteger(inner.skip, 0),
    limit: Math.abs(toInteger(inner.limit, 0)),
    hint: inner.hint,
  });
  return { explainVersion: '1', queryPlanner: { namespace: `${db}.${name}`, winningPlan, rejectedPlans: [] }, executionStats, ok: 1 };
};
