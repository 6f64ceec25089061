import { type Doc, Double, encode, Int32, isDocument, isNumeric, isTrue, Long, toDouble, toInteger } from './bson';
import { compare, encodeKey } from './compare';
import { badValue, failedToParse, MongoError, notHere } from './errors';
import { evaluate } from './expressions';
import { find } from './find';
import { compileFilter } from './matcher';
import { add, wrap } from './numbers';
import { valueAt } from './paths';
import { compileProjection } from './projection';
import { compareByKeys, parseSort } from './sort';
import type { Storage } from './storage/storage';
import { setPath, structuredCopy, unsetAt } from './update';

type Stage = (docs: Doc[]) => Doc[];
const NOT_HERE = [
  '$out',
  '$merge',
  '$geoNear',
  '$graphLookup',
  '$changeStream',
  '$search',
  '$vectorSearch',
  '$unionWith',
  '$setWindowFields',
  '$densify',
  '$fill',
  '$collStats',
  '$indexStats',
  '$planCacheStats',
  '$listSessions',
  '$redact',
  '$bucketAuto',
  '$documents',
];

/** Runs a pipeline. Its leading $match, $sort, $skip and $limit become one query, so that an index answers them. */
export function aggregate(
  storage: Storage,
  db: string,
  name: string,
  pipeline: Doc[],
  hint?: unknown,
  variables: Record<string, unknown> = {},
): Doc[] {
  const stages = pipeline.map((stage) => {
    const pairs = Object.entries(stage);
    const [pair] = pairs;
    if (pairs.length !== 1 || pair === undefined)
      throw new MongoError(40323, 'Location40323', 'A pipeline stage specification object must contain exactly one field.');
    return { operator: pair[0], spec: pair[1] };
  });
  const collection = storage.collection(db, name);
  const filters: Doc[] = [];
  let sort: Doc | undefined;
  let skip = 0;
  let limit = 0;
  let at = 0;
  for (; at < stages.length; at += 1) {
    const { operator, spec } = stages[at] as (typeof stages)[number];
    if (operator === '$match' && isDocument(spec) && sort === undefined && skip === 0 && limit === 0)
      filters.push(bindVariables(spec, variables));
    else if (operator === '$sort' && sort === undefined && skip === 0 && limit === 0) sort = spec as Doc;
    else if (operator === '$skip' && limit === 0) skip += whole(spec, '$skip');
    else if (operator === '$limit') limit = limit === 0 ? positive(spec) : Math.min(limit, positive(spec));
    else break;
    if (operator === '$limit') {
      at += 1;
      break;
    }
  }
  const filter = filters.length === 0 ? {} : filters.length === 1 ? (filters[0] as Doc) : { $and: filters };
  const rest = stages.slice(at);
  const [only] = rest;
  if (only?.operator === '$group' && rest.length === 1 && sort === undefined && isPlainCount(only.spec)) {
    // countDocuments and its like: nothing is decoded but what the filter looks at.
    let n = 0;
    if (Object.keys(filter).length === 0 && skip === 0 && limit === 0 && collection !== undefined) n = collection.count;
    else for (const _ of find(storage, collection, { filter, skip, limit, hint })) n += 1;
    const [[field = 'n'] = []] = Object.entries(only.spec as Doc).filter(([key]) => key !== '_id');
    return n === 0 ? [] : [{ _id: (only.spec as Doc)._id, [field]: new Int32(n) }];
  }
  let docs = [...find(storage, collection, { filter, sort: parseSort(sort), skip, limit, hint })].map(({ doc }) => doc);
  for (const { operator, spec } of rest) docs = compileStage(storage, db, operator, spec, variables)(docs);
  return docs;
}

const isPlainCount = (spec: unknown) => {
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
/** A $lookup's variables stand in `$expr` only; there they are given their values. */
const bindVariables = (filter: Doc, variables: Record<string, unknown>): Doc =>
  Object.keys(variables).length === 0
    ? filter
    : Object.fromEntries<unknown>(Object.entries(filter).map(([key, value]) => [key, key === '$expr' ? bind(value, variables) : value]));
const bind = (expression: unknown, variables: Record<string, unknown>): unknown => {
  if (typeof expression === 'string' && expression.startsWith('$$')) {
    const [name = '', ...path] = expression.slice(2).split('.');
    if (!Object.hasOwn(variables, name)) return expression;
    const value = path.length === 0 ? variables[name] : valueAt(variables[name], path.join('.'));
    return { $literal: value ?? null };
  }
  if (Array.isArray(expression)) return expression.map((part) => bind(part, variables));
  if (!isDocument(expression)) return expression;
  return Object.fromEntries(Object.entries(expression).map(([key, value]) => [key, bind(value, variables)]));
};
const whole = (spec: unknown, operator: string) => {
  const value = isNumeric(spec) ? toDouble(spec) : NaN;
  if (!Number.isInteger(value) || value < 0) throw failedToParse(`invalid argument to ${operator} stage: Expected a non-negative number`);
  return value;
};
const positive = (spec: unknown) => {
  const value = whole(spec, '$limit');
  if (value === 0) throw new MongoError(15958, 'Location15958', 'the limit must be positive');
  return value;
};

function compileStage(storage: Storage, db: string, operator: string, spec: unknown, variables: Record<string, unknown>): Stage {
  switch (operator) {
    case '$match': {
      if (!isDocument(spec)) throw new MongoError(15959, 'Location15959', 'the match filter must be an expression in an object');
      return (docs) => docs.filter(compileFilter(bindVariables(spec, variables)));
    }
    case '$sort': {
      const keys = parseSort(spec);
      return (docs) => [...docs].sort((a, b) => compareByKeys(keys, a, b));
    }
    case '$limit':
      return (docs) => docs.slice(0, positive(spec));
    case '$skip':
      return (docs) => docs.slice(whole(spec, '$skip'));
    case '$project': {
      const project = compileProjection(spec as Doc, true);
      if (project === undefined)
        throw new MongoError(
          51272,
          'Location51272',
          'Invalid $project :: caused by :: projection specification must have at least one field',
        );
      return (docs) => docs.map(project);
    }
    case '$set':
    case '$addFields':
      return (docs) =>
        docs.map((doc) => {
          const copy = structuredCopy(doc);
          for (const [path, expression] of flatten(spec as Doc)) {
            const value = evaluate(expression, doc, variables);
            if (value === undefined) unsetAt(copy, path.split('.'));
            else setPath(copy, path.split('.'), value);
          }
          return copy;
        });
    case '$unset':
      return (docs) =>
        docs.map((doc) => {
          const copy = structuredCopy(doc);
          for (const path of [spec].flat() as string[]) unsetAt(copy, path.split('.'));
          return copy;
        });
    case '$group':
      return group(spec as Doc);
    case '$unwind':
      return unwind(spec);
    case '$lookup':
      return lookup(storage, db, spec as Doc);
    case '$count':
      return (docs) => (docs.length === 0 ? [] : [{ [String(spec)]: new Int32(docs.length) }]);
    case '$sortByCount':
      return (docs) => [...group({ _id: spec, count: { $sum: new Int32(1) } })(docs)].sort((a, b) => compare(b.count, a.count));
    case '$facet':
      return (docs) => [
        Object.fromEntries(
          Object.entries(spec as Record<string, Doc[]>).map(([name, stages]) => [
            name,
            stages.reduce(
              (some, stage) => compileStage(storage, db, Object.keys(stage)[0] ?? '', Object.values(stage)[0], variables)(some),
              docs,
            ),
          ]),
        ),
      ];
    case '$replaceRoot':
    case '$replaceWith':
      return (docs) =>
        docs.map((doc) => {
          const root = evaluate(operator === '$replaceRoot' ? (spec as Doc).newRoot : spec, doc, variables);
          if (!isDocument(root)) throw new MongoError(40228, 'Location40228', `'newRoot' expression must evaluate to an object`);
          return root;
        });
    case '$sample':
      return (docs) => {
        const left = [...docs];
        const size = whole((spec as Doc).size, '$sample');
        return Array.from({ length: Math.min(size, docs.length) }, () => left.splice(Math.floor(Math.random() * left.length), 1)[0] as Doc);
      };
    default:
      if (NOT_HERE.includes(operator)) throw notHere(`the ${operator} stage`);
      throw new MongoError(40324, 'Location40324', `Unrecognized pipeline stage name: '${operator}'`);
  }
}
const flatten = (spec: Doc, prefix = ''): [string, unknown][] =>
  Object.entries(spec).flatMap(([key, value]): [string, unknown][] =>
    isDocument(value) && Object.keys(value).length > 0 && !(Object.keys(value)[0] ?? '').startsWith('$')
      ? flatten(value, `${prefix}${key}.`)
      : [[`${prefix}${key}`, value]],
  );

interface Accumulator {
  add(value: unknown): void;
  result(): unknown;
}
const ACCUMULATORS: Record<string, () => Accumulator> = {
  $sum: () => {
    let total: unknown = new Int32(0);
    return {
      add: (value) =>
        void (isNumeric(value) && isNumeric(total) && (total = add(total, value) ?? new Double(toDouble(total) + toDouble(value)))),
      result: () => total,
    };
  },
  $avg: () => {
    let [sum, n] = [0, 0];
    return {
      add: (value) => void (isNumeric(value) && ((sum += toDouble(value)), (n += 1))),
      result: () => (n === 0 ? null : new Double(sum / n)),
    };
  },
  $min: () => best(-1),
  $max: () => best(1),
  $first: () => {
    const values: unknown[] = [];
    return { add: (value) => void (values.length === 0 && values.push(value ?? null)), result: () => values[0] ?? null };
  },
  $last: () => {
    let last: unknown = null;
    return { add: (value) => void (last = value ?? null), result: () => last };
  },
  $push: () => {
    const values: unknown[] = [];
    return { add: (value) => void (value !== undefined && values.push(value)), result: () => values };
  },
  $addToSet: () => {
    const values = new Map<string, unknown>();
    return {
      add: (value) => void (value !== undefined && values.set(encodeKey(value).toString('latin1'), value)),
      result: () => [...values.values()],
    };
  },
  $mergeObjects: () => {
    const merged: Doc = {};
    return { add: (value) => void (isDocument(value) && Object.assign(merged, value)), result: () => merged };
  },
  $count: () => {
    let n = 0;
    return { add: () => void (n += 1), result: () => wrap(n) };
  },
};
function best(sign: number): Accumulator {
  let found: unknown;
  return {
    add: (value) =>
      void (value !== undefined && value !== null && (found === undefined || compare(value, found) * sign > 0) && (found = value)),
    result: () => found ?? null,
  };
}

function group(spec: Doc): Stage {
  if (!('_id' in spec)) throw new MongoError(15955, 'Location15955', 'a group specification must include an _id');
  const fields = Object.entries(spec).flatMap(([name, value]) => {
    if (name === '_id') return [];
    const [operator = '', expression] = isDocument(value) ? (Object.entries(value)[0] ?? []) : [];
    const create = ACCUMULATORS[operator];
    if (create === undefined)
      throw operator === ''
        ? new MongoError(40234, 'Location40234', `The field '${name}' must be an accumulator object`)
        : notHere(`the accumulator ${operator}`);
    return [{ name, create, expression }];
  });
  return (docs) => {
    const groups = new Map<string, { id: unknown; accumulators: Accumulator[] }>();
    for (const doc of docs) {
      const id = evaluate(spec._id, doc) ?? null;
      const key = encodeKey(id).toString('latin1');
      let entry = groups.get(key);
      if (entry === undefined) groups.set(key, (entry = { id, accumulators: fields.map(({ create }) => create()) }));
      fields.forEach(({ expression }, at) => entry.accumulators[at]?.add(evaluate(expression, doc)));
    }
    return [...groups.values()].map(({ id, accumulators }) => ({
      _id: id,
      ...Object.fromEntries(fields.map(({ name }, at) => [name, accumulators[at]?.result()])),
    }));
  };
}

function unwind(spec: unknown): Stage {
  const options: Doc = typeof spec === 'string' ? { path: spec } : (spec as Doc);
  if (typeof options.path !== 'string' || !options.path.startsWith('$'))
    throw new MongoError(28818, 'Location28818', `path option to $unwind stage should be prefixed with a '$'`);
  const parts = options.path.slice(1).split('.');
  const indexField = options.includeArrayIndex;
  return (docs) =>
    docs.flatMap((doc) => {
      const value = valueAt(doc, parts.join('.'));
      if (!Array.isArray(value) ? value === undefined || value === null : value.length === 0) {
        if (!isTrue(options.preserveNullAndEmptyArrays)) return [];
        const copy = structuredCopy(doc);
        if (Array.isArray(value)) unsetAt(copy, parts);
        if (typeof indexField === 'string') setPath(copy, indexField.split('.'), null);
        return [copy];
      }
      return (Array.isArray(value) ? (value as unknown[]) : [value]).map((element, at) => {
        const copy = structuredCopy(doc);
        setPath(copy, parts, element);
        if (typeof indexField === 'string') setPath(copy, indexField.split('.'), Array.isArray(value) ? Long.fromNumber(at) : null);
        return copy;
      });
    });
}

function lookup(storage: Storage, db: string, { from, localField, foreignField, as, let: vars, pipeline }: Doc): Stage {
  if (typeof from !== 'string' || typeof as !== 'string') throw failedToParse('$lookup needs from and as');
  return (docs) =>
    docs.map((doc) => {
      const bound = Object.fromEntries(
        Object.entries((vars as Doc | undefined) ?? {}).map(([name, expression]) => [name, evaluate(expression, doc) ?? null]),
      );
      const stages = [...((pipeline as Doc[] | undefined) ?? [])];
      if (typeof localField === 'string' && typeof foreignField === 'string') {
        const local = valueAt(doc, localField) ?? null;
        // An equality on the foreign field: its index, where there is one, answers it.
        stages.unshift({ $match: Array.isArray(local) ? { [foreignField]: { $in: local } } : { [foreignField]: { $eq: local } } });
      }
      const copy = structuredCopy(doc);
      setPath(copy, as.split('.'), aggregate(storage, db, from, stages, undefined, bound));
      return copy;
    });
}

export const assertPipeline = (pipeline: unknown): Doc[] => {
  if (!Array.isArray(pipeline) || !pipeline.every(isDocument)) throw badValue("'pipeline' must be an array of objects");
  return pipeline;
};
export const asRaw = (docs: Doc[]): Buffer[] => docs.map((doc) => encode(doc));
export { toInteger };
