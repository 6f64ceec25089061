import { type Doc, fieldName, firstKey, Int32, isDocument, isNumeric, put, toDouble } from '../bson';
import { MongoError } from '../errors';
import type { Variables } from '../expressions/expression';
import { find, type Query } from '../find';
import { splitNear } from '../geo/near';
import type { Lease } from '../memory-budget';
import type { Work } from '../scheduler';
import { naturalOrder, parseSort } from '../sort';
import type { Reader, Storage } from '../storage/storage';
import type { Docs, StageContext } from './stage';
import { collect, compilePipeline, compileStage, runStages, type StageSpec, stagesOf, wholeNumber } from './stages';
import { itemAt } from '../documents';

/**
 * The leading $match, $sort, $skip and $limit as one query, so that an index answers them, and the
 * stages behind it.
 */
export function leadingQuery(pipeline: unknown): { query: Query & { sort: NonNullable<Query['sort']> }; rest: StageSpec[] } {
  const stages = stagesOf(pipeline);
  const filters: Doc[] = [];
  let sort: Doc | undefined;
  let skip = 0;
  let limit = 0;
  let at = 0;
  for (; at < stages.length; at += 1) {
    const { operator, spec } = itemAt(stages, at);
    if (operator === '$match' && isDocument(spec) && sort === undefined && skip === 0) filters.push(spec);
    else if (operator === '$sort' && isDocument(spec) && firstKey(spec) !== undefined && sort === undefined && skip === 0) sort = spec;
    else if (operator === '$skip') skip += wholeNumber(spec, '$skip');
    else if (operator === '$limit') {
      limit = wholeNumber(spec, '$limit');
      at += 1;
      break;
    } else break;
  }
  const filter = filters.length === 0 ? {} : filters.length === 1 ? itemAt(filters, 0) : { $and: filters };
  const natural = naturalOrder(sort);
  return {
    query: { filter, sort: natural === undefined ? parseSort(sort) : [], skip, limit, ...(natural !== undefined && { natural }) },
    rest: stages.slice(at),
  };
}

export interface Aggregation {
  storage: Storage;
  reader: Reader;
  work: Work;
  lease: Lease;
  db: string;
}
async function* decoded({ storage, reader, work, lease, db }: Aggregation, name: string, query: Query): Docs {
  for await (const portion of find(reader, storage.collection(db, name), query, work, lease)) yield portion.map(({ doc }) => doc);
}

/**
 * Runs a pipeline. Faults of every stage are refused before one runs, however few documents there
 * are.
 */
export function aggregate(
  aggregation: Aggregation,
  name: string,
  pipeline: unknown,
  { hint, variables = {} }: { hint?: unknown; variables?: Variables } = {},
): Docs {
  const { query, rest } = leadingQuery(pipeline);
  if (splitNear(query.filter).near !== undefined)
    throw new MongoError(5626500, '$near and $nearSphere are not allowed in this context: they sort; use them in a find');
  const names = Object.keys(variables);
  const compiled = rest.map((stage) => compileStage(stage, { names, compile: compilePipeline }));
  const full: Query = { ...query, variables, hint };
  const [only] = rest;
  if (only?.operator === '$group' && rest.length === 1 && isPlainCount(only.spec)) return counted(aggregation, name, full, only.spec);
  const context: StageContext = {
    variables,
    work: aggregation.work,
    lease: aggregation.lease,
    run: (from, stages, more) => collect(aggregate(aggregation, from, stages, { variables: more }), context),
  };
  return runStages(compiled, decoded(aggregation, name, full), context);
}

/** `{ $group: { _id: null, n: { $sum: 1 } } }`, as countDocuments sends it. */
const isPlainCount = (spec: unknown): spec is Doc => {
  if (!isDocument(spec)) return false;
  const { _id, ...fields } = spec;
  const [field, ...others] = Object.values(fields);
  return (
    (_id === null || isNumeric(_id)) &&
    others.length === 0 &&
    isDocument(field) &&
    Object.keys(field).join() === '$sum' &&
    isNumeric(field.$sum) &&
    toDouble(field.$sum) === 1
  );
};
/** A count decodes only what the filter looks at. */
async function* counted({ storage, reader, work, lease, db }: Aggregation, name: string, query: Query, spec: Doc): Docs {
  const collection = storage.collection(db, name);
  let n = 0;
  if (firstKey(query.filter) === undefined && query.skip === 0 && query.limit === 0 && query.hint === undefined) n = collection?.count ?? 0;
  else for await (const portion of find(reader, collection, { ...query, sort: [] }, work, lease)) n += portion.length;
  if (n === 0) return;
  const doc: Doc = { _id: spec._id };
  for (const key of Object.keys(spec)) if (key !== '_id') put(doc, fieldName(key), new Int32(n));
  yield [doc];
}
