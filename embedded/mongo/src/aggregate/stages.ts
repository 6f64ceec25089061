import { type Doc, Int32, isDocument, isNumeric, isTrue, Long, toDouble } from '../bson';
import { compare } from '../compare';
import { setPath, structuredCopy, unsetAt } from '../documents';
import { badValue, failedToParse, MongoError, notHere } from '../errors';
import type { Variables } from '../expressions/evaluate';
import { compileFilter } from '../matcher';
import { valueAt } from '../paths';
import { compareByKeys, parseSort } from '../sort';
import { compileBucket } from './bucket';
import { compileDocumentStage } from './document-stages';
import { compileGroup } from './group';
import { compileLookup, compileUnion } from './lookup';

export interface StageSpec {
  operator: string;
  spec: unknown;
}
export interface StageContext {
  variables: Variables;
  /** Runs a pipeline on another collection of the same database. */
  run: (from: string, pipeline: Doc[], variables: Variables) => Doc[];
}
export type Stage = (docs: Doc[], context: StageContext) => Doc[];

/** MongoDB has these and this store has not. */
const NOT_HERE = [
  '$out',
  '$merge',
  '$geoNear',
  '$graphLookup',
  '$changeStream',
  '$search',
  '$searchMeta',
  '$vectorSearch',
  '$setWindowFields',
  '$densify',
  '$fill',
  '$collStats',
  '$indexStats',
  '$planCacheStats',
  '$listSessions',
  '$listLocalSessions',
  '$currentOp',
  '$redact',
  '$bucketAuto',
  '$documents',
];

export const whole = (spec: unknown, operator: string) => {
  const value = isNumeric(spec) ? toDouble(spec) : NaN;
  if (!Number.isInteger(value) || value < 0) throw failedToParse(`invalid argument to ${operator} stage: Expected a non-negative number`);
  return value;
};

export const positive = (spec: unknown) => {
  const value = whole(spec, '$limit');
  if (value === 0) throw new MongoError(15958, 'Location15958', 'the limit must be positive');
  return value;
};

const STAGES: Record<string, (spec: unknown) => Stage> = {
  $match: (spec) => {
    if (!isDocument(spec)) throw new MongoError(15959, 'Location15959', 'the match filter must be an expression in an object');
    compileFilter(spec);
    return (docs, { variables }) => docs.filter(compileFilter(spec, variables));
  },
  $sort: (spec) => {
    if (!isDocument(spec)) throw new MongoError(15973, 'Location15973', 'the $sort key specification must be an object');
    const keys = parseSort(spec);
    if (keys.length === 0) throw new MongoError(15976, 'Location15976', '$sort stage must have at least one sort key');
    return (docs) => [...docs].sort((a, b) => compareByKeys(keys, a, b));
  },
  $limit: (spec) => {
    const limit = positive(spec);
    return (docs) => docs.slice(0, limit);
  },
  $skip: (spec) => {
    const skip = whole(spec, '$skip');
    return (docs) => docs.slice(skip);
  },
  $group: compileGroup,
  $bucket: compileBucket,
  $unwind: unwind,
  $lookup: compileLookup,
  $unionWith: compileUnion,
  $count: (spec) => {
    if (typeof spec !== 'string' || spec === '' || spec.startsWith('$') || spec.includes('.'))
      throw new MongoError(40156, 'Location40156', 'the count field must be a non-empty string, not a path');
    return (docs) => (docs.length === 0 ? [] : [{ [spec]: new Int32(docs.length) }]);
  },
  $sortByCount: (spec) => {
    const group = compileGroup({ _id: spec, count: { $sum: new Int32(1) } });
    return (docs, context) => group(docs, context).sort((a, b) => compare(b.count, a.count));
  },
  $facet: (spec) => {
    if (!isDocument(spec) || Object.keys(spec).length === 0)
      throw new MongoError(40169, 'Location40169', '$facet needs an object of pipelines');
    const facets = Object.entries(spec).map(([name, stages]) => ({ name, stages: compileInner(stages) }));
    return (docs, context) => [
      Object.fromEntries(facets.map(({ name, stages }) => [name, stages.reduce((some, stage) => stage(some, context), docs)])),
    ];
  },
  $sample: (spec) => {
    const size = whole(isDocument(spec) ? spec.size : undefined, '$sample');
    return (docs) => {
      const left = [...docs];
      return Array.from({ length: Math.min(size, docs.length) }, () => left.splice(Math.floor(Math.random() * left.length), 1)[0] as Doc);
    };
  },
};
for (const operator of ['$set', '$addFields', '$unset', '$project', '$replaceRoot', '$replaceWith'])
  STAGES[operator] = (spec) => {
    const change = compileDocumentStage(operator, spec);
    return (docs, { variables }) => docs.map((doc) => change(doc, variables));
  };
export const STAGE_NAMES = Object.keys(STAGES);

/** One stage as a function of all documents before it; what it cannot be is refused here, before anything runs. */
export function compileStage({ operator, spec }: StageSpec): Stage {
  const compile = Object.hasOwn(STAGES, operator) ? STAGES[operator] : undefined;
  if (compile !== undefined) return compile(spec);
  if (NOT_HERE.includes(operator)) throw notHere(`the ${operator} stage`);
  throw new MongoError(40324, 'Location40324', `Unrecognized pipeline stage name: '${operator}'`);
}

function compileInner(pipeline: unknown): Stage[] {
  if (!Array.isArray(pipeline) || !pipeline.every(isDocument)) throw badValue('a pipeline must be an array of objects');
  return pipeline.map((stage) => {
    const [pair, ...others] = Object.entries(stage);
    if (pair === undefined || others.length > 0)
      throw new MongoError(40323, 'Location40323', 'A pipeline stage specification object must contain exactly one field.');
    return compileStage({ operator: pair[0], spec: pair[1] });
  });
}

function unwind(spec: unknown): Stage {
  const options: Doc = typeof spec === 'string' ? { path: spec } : isDocument(spec) ? spec : {};
  for (const option of Object.keys(options))
    if (!['path', 'includeArrayIndex', 'preserveNullAndEmptyArrays'].includes(option))
      throw new MongoError(28811, 'Location28811', `unrecognized option to $unwind stage: ${option}`);
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
