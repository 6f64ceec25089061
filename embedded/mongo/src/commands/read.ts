import { aggregate as runPipeline, leadingQuery } from '../aggregate/pipeline';
import { type Doc, encode, firstKey, Int32, isArray, isDocument, isOf, isTrue, Long, typeOf } from '../bson';
import { encodeKey } from '../compare';
import { badValue, failedToParse, MongoError, notHere } from '../errors';
import { explainQuery } from '../explain';
import { find as search, findNow, type Found, namesOneId, type Query } from '../find';
import { memoryOf } from '../memory-budget';
import { valuesAt } from '../paths';
import { compileProjection } from '../projection';
import { naturalOrder, parseSort } from '../sort';
import { type Command, type CommandContext, collectionName, documentOf, maxTimeOf, nonNegative, reading, variablesOf } from './command';
import { assertOptions } from './options';

/** The order of a query: a sort, or that of the scan. */
export const orderOf = (sort: unknown): Pick<Query, 'sort' | 'natural'> => {
  const natural = naturalOrder(sort);
  return natural === undefined ? { sort: parseSort(sort) } : { natural };
};
/** Wraps a whole number as int where it fits, else as long. */
const counted = (n: number) => (n > 0x7fff_ffff ? Long.fromNumber(n) : new Int32(n));

export const find: Command = (context) => {
  const { storage, cursors, db, command } = context;
  const name = collectionName(command.find);
  const filter = documentOf(command.filter, 'filter');
  const variables = variablesOf(command.let);
  const query: Query = {
    filter,
    ...orderOf(command.sort),
    skip: nonNegative(command.skip, 'skip'),
    limit: nonNegative(command.limit, 'limit'),
    hint: command.hint,
    variables,
  };
  const project = compileProjection(documentOf(command.projection, 'projection'), { names: Object.keys(variables), filter });
  const collection = storage.collection(db, name);
  const answer = cursors.answer(`${db}.${name}`, {
    ...batchOf(command),
    singleBatch: isTrue(command.singleBatch),
    keep: isTrue(command.noCursorTimeout),
  });
  const add = (found: Found) => answer.add(project === undefined ? found.raw : encode(project(found.doc, variables)));
  if (namesOneId(query)) {
    maxTimeOf(command);
    findNow(storage.now(), collection, query).forEach(add);
    return answer.reply();
  }
  return reading(context, async (snapshot, work, lease) => {
    try {
      for await (const portion of search(snapshot, collection, query, work, lease))
        for (const found of portion) {
          if (project !== undefined && work.due()) await work.pause();
          add(found);
        }
      return answer.reply();
    } catch (error) {
      answer.fail();
      throw error;
    }
  });
};
const batchOf = ({ batchSize }: Doc): { batchSize?: number } =>
  batchSize === undefined || batchSize === null ? {} : { batchSize: nonNegative(batchSize, 'batchSize') };

/** Cursors of listings have a name of their own. */
const cursorNamespace = (value: unknown): string =>
  typeof value === 'string' && value.startsWith('$cmd.') ? value : collectionName(value);
export const getMore: Command = ({ cursors, db, command }) => {
  if (command.maxTimeMS !== undefined && nonNegative(command.maxTimeMS, 'maxTimeMS') > 0)
    throw badValue('cannot set maxTimeMS on getMore command for a non-awaitData cursor');
  return cursors.next(`${db}.${cursorNamespace(command.collection)}`, command.getMore, batchOf(command).batchSize);
};

export const killCursors: Command = ({ cursors, command }) => {
  const ids = command.cursors;
  if (!isArray(ids) || !ids.every((id) => isOf(id, 'long'))) throw badValue('cursors must be an array of longs');
  const killed = ids.filter((id) => cursors.kill(id));
  return { cursorsKilled: killed, cursorsNotFound: ids.filter((id) => !killed.includes(id)), cursorsAlive: [], cursorsUnknown: [], ok: 1 };
};

export const count: Command = (context) => {
  const { storage, db, command } = context;
  const collection = storage.collection(db, collectionName(command.count));
  const filter = documentOf(command.query, 'query');
  // A negative limit of count means the same as a positive one.
  const limit = typeOf(command.limit) === 'undefined' ? 0 : Math.abs(Number(String(command.limit)));
  const skip = nonNegative(command.skip, 'skip');
  if (firstKey(filter) === undefined && skip === 0 && limit === 0 && command.hint === undefined)
    return { n: counted(collection?.count ?? 0), ok: 1 };
  return reading(context, async (snapshot, work, lease) => {
    let n = 0;
    for await (const portion of search(
      snapshot,
      collection,
      { filter, skip, limit, hint: command.hint, variables: variablesOf(undefined) },
      work,
      lease,
    ))
      n += portion.length;
    return { n: counted(n), ok: 1 };
  });
};

export const distinct: Command = (context) => {
  const { storage, db, command } = context;
  const key = command.key;
  if (typeof key !== 'string' || key === '') throw badValue('distinct needs a key');
  const collection = storage.collection(db, collectionName(command.distinct));
  const query: Query = { filter: documentOf(command.query, 'query'), hint: command.hint, variables: variablesOf(undefined) };
  return reading(context, async (snapshot, work, lease) => {
    const values = new Map<string, unknown>();
    for await (const portion of search(snapshot, collection, query, work, lease))
      for (const { doc } of portion) {
        if (work.due()) await work.pause();
        for (const found of valuesAt(doc, key))
          for (const value of isArray(found) ? found : [found]) {
            if (value === undefined) continue;
            const bytes = encodeKey(value).toString('latin1');
            if (values.has(bytes)) continue;
            lease.take(memoryOf(value) + bytes.length);
            values.set(bytes, value);
          }
      }
    return { values: [...values.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value), ok: 1 };
  });
};

export const aggregate: Command = (context) => {
  const { storage, cursors, db, command } = context;
  if (typeof command.aggregate !== 'string') throw notHere('an aggregation of the whole database');
  const name = collectionName(command.aggregate);
  if (isTrue(command.explain)) return explain({ ...context, command: { explain: { ...command, explain: false } } });
  if (!isDocument(command.cursor)) throw failedToParse("The 'cursor' option is required, except for aggregate with the explain argument");
  assertOptions('cursor.cursor', command.cursor);
  const batch = batchOf(command.cursor);
  return reading(context, async (reader, work, lease) => {
    const docs = runPipeline({ storage, reader, work, lease, db }, name, command.pipeline, {
      hint: command.hint,
      variables: variablesOf(command.let),
    });
    const answer = cursors.answer(`${db}.${name}`, batch);
    try {
      for await (const portion of docs)
        for (const doc of portion) {
          answer.add(encode(doc));
          if (work.due()) await work.pause();
        }
      return answer.reply();
    } catch (error) {
      answer.fail();
      throw error;
    }
  });
};

export const explain: Command = (context: CommandContext) => {
  const { storage, db, command } = context;
  const inner = documentOf(command.explain, 'explain');
  const kind = firstKey(inner) ?? '';
  assertOptions(kind, inner);
  const name = collectionName(inner[kind]);
  const statements = inner.updates ?? inner.deletes;
  const statement = isArray(statements) && isDocument(statements[0]) ? statements[0] : undefined;
  const filters: Record<string, unknown> = {
    find: inner.filter,
    count: inner.query,
    distinct: inner.query,
    findAndModify: inner.query,
    update: statement?.q,
    delete: statement?.q,
  };
  let query: Query;
  if (kind === 'aggregate') query = leadingQuery(inner.pipeline).query;
  else if (Object.hasOwn(filters, kind))
    query = {
      filter: documentOf(filters[kind], 'filter'),
      ...orderOf(inner.sort),
      skip: nonNegative(inner.skip, 'skip'),
      limit: nonNegative(inner.limit, 'limit'),
    };
  else throw new MongoError('CommandNotFound', `Explain failed due to unknown command: ${kind}`);
  return reading(context, async (snapshot, work, lease) => {
    const full = { ...query, hint: inner.hint, variables: variablesOf(inner.let) };
    const { winningPlan, executionStats } = await explainQuery(snapshot, storage.collection(db, name), full, work, lease);
    return {
      explainVersion: '1',
      queryPlanner: { namespace: `${db}.${name}`, winningPlan, rejectedPlans: [] },
      executionStats,
      ok: 1,
    };
  });
};
