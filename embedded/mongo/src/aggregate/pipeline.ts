import { type Doc, Int32, isDocument, isNumeric, toDouble } from '../bson';
import { badValue, MongoError } from '../errors';
import type { Variables } from '../expressions/evaluate';
import { find, type Query } from '../find';
import { parseSort } from '../sort';
import type { Storage } from '../storage/storage';
import { compileStage, positive, type StageSpec, whole } from './stages';

export const assertPipeline = (pipeline: unknown): Doc[] => {
  if (!Array.isArray(pipeline) || !pipeline.every(isDocument)) throw badValue("'pipeline' must be an array of objects");
  return pipeline;
};

const toStages = (pipeline: Doc[]): StageSpec[] =>
  pipeline.map((stage) => {
    const pairs = Object.entries(stage);
    const [pair] = pairs;
    if (pairs.length !== 1 || pair === undefined)
      throw new MongoError(40323, 'Location40323', 'A pipeline stage specification object must contain exactly one field.');
    return { operator: pair[0], spec: pair[1] };
  });

/** The leading $match, $sort, $skip and $limit as one query, so that an index answers them, and the stages behind it. */
export function leadingQuery(pipeline: Doc[]): { query: Omit<Query, 'sort'> & { sort: Doc | undefined }; rest: StageSpec[] } {
  const stages = toStages(pipeline);
  const filters: Doc[] = [];
  let sort: Doc | undefined;
  let skip = 0;
  let limit = 0;
  let at = 0;
  for (; at < stages.length; at += 1) {
    const { operator, spec } = stages[at] as StageSpec;
    if (operator === '$match' && isDocument(spec) && sort === undefined && skip === 0) filters.push(spec);
    else if (operator === '$sort' && isDocument(spec) && sort === undefined && skip === 0) sort = spec;
    else if (operator === '$skip') skip += whole(spec, '$skip');
    else if (operator === '$limit') {
      limit = positive(spec);
      at += 1;
      break;
    } else break;
  }
  const filter = filters.length === 0 ? {} : filters.length === 1 ? (filters[0] as Doc) : { $and: filters };
  return { query: { filter, sort, skip, limit }, rest: stages.slice(at) };
}

/** Runs a pipeline to its end. */
export function aggregate(
  storage: Storage,
  db: string,
  name: string,
  pipeline: Doc[],
  { hint, variables = {} }: { hint?: unknown; variables?: Variables } = {},
): Doc[] {
  const {
    query: { sort, ...query },
    rest,
  } = leadingQuery(pipeline);
  // All are compiled before one runs: what is not here is refused, however few documents there are.
  const stages = rest.map(compileStage);
  const collection = storage.collection(db, name);
  const [only] = rest;
  if (only?.operator === '$group' && rest.length === 1 && sort === undefined && isPlainCount(only.spec)) {
    // countDocuments and its like: nothing is decoded but what the filter looks at.
    let n = 0;
    if (Object.keys(query.filter).length === 0 && query.skip === 0 && query.limit === 0 && collection !== undefined) n = collection.count;
    else for (const _ of find(storage, collection, { ...query, variables, hint })) n += 1;
    const [[field = 'n'] = []] = Object.entries(only.spec).filter(([key]) => key !== '_id');
    return n === 0 ? [] : [{ _id: only.spec._id, [field]: new Int32(n) }];
  }
  const found = [...find(storage, collection, { ...query, sort: parseSort(sort), variables, hint })].map(({ doc }) => doc);
  const context = {
    variables,
    run: (from: string, stagesThere: Doc[], more: Variables) => aggregate(storage, db, from, stagesThere, { variables: more }),
  };
  return stages.reduce((docs, stage) => stage(docs, context), found);
}

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
