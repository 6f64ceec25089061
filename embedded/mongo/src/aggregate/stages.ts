import { type Doc, fieldsOf, firstKey, Int32, isDocument, isNumeric, put, toDouble } from '../bson';
import { failedToParse, MongoError } from '../errors';
import { compileFilter } from '../filter/filter';
import { memoryOf } from '../memory-budget';
import { parseSort, sortEntries, sortKeyOf } from '../sort';
import { compileDocumentStage } from './document-stages';
import { compileGraphLookup } from './graph-lookup';
import { compileBucket, compileGroup, compileSortByCount } from './group';
import { compileLookup, compileUnion } from './lookup';
import { eachDoc, overAll, perDocument, type Docs, type Stage, type StageCompiler } from './stage';
import { assertStageName, type StageName } from './stage-names';
import { compileUnwind } from './unwind';
import { itemAt } from '../documents';

export interface StageSpec {
  operator: string;
  spec: unknown;
}
/** The stages of a pipeline, each with its one operator. */
export function stagesOf(pipeline: unknown): StageSpec[] {
  if (!Array.isArray(pipeline) || !pipeline.every(isDocument))
    throw new MongoError('TypeMismatch', "'pipeline' must be an array of objects");
  if (pipeline.length > 1_000) throw failedToParse('Pipeline length must be no longer than 1000 stages');
  return pipeline.map((stage) => {
    const [pair, ...others] = Object.entries(stage);
    if (pair === undefined || others.length > 0)
      throw new MongoError(40323, 'A pipeline stage specification object must contain exactly one field.');
    return { operator: pair[0], spec: pair[1] };
  });
}

/** The operand of $skip; as that of $limit it must not be 0. */
export const wholeNumber = (spec: unknown, operator: string): number => {
  const value = isNumeric(spec) ? toDouble(spec) : NaN;
  if (!Number.isInteger(value) || value < 0) throw failedToParse(`invalid argument to ${operator} stage: Expected a non-negative number`);
  if (value === 0 && operator === '$limit') throw new MongoError(15958, 'the limit must be positive');
  return value;
};

function limitTo(limit: number): Stage {
  return async function* (docs) {
    let left = limit;
    for await (const portion of docs) {
      yield portion.slice(0, left);
      left -= Math.min(left, portion.length);
      if (left === 0) return;
    }
  };
}
function skipOver(skip: number): Stage {
  return async function* (docs) {
    let left = skip;
    for await (const portion of docs) {
      if (left < portion.length) yield left === 0 ? portion : portion.slice(left);
      left -= Math.min(left, portion.length);
    }
  };
}
function sortBy(spec: unknown): Stage {
  if (!isDocument(spec)) throw new MongoError(15973, 'the $sort key specification must be an object');
  const keys = parseSort(spec);
  if (keys.length === 0) throw new MongoError(15976, '$sort stage must have at least one sort key');
  const keyOf = sortKeyOf(keys);
  return overAll(async (docs, context) => {
    const entries: { key: Buffer; doc: Doc }[] = [];
    await eachDoc(docs, context, (doc) => {
      const key = keyOf(doc);
      context.lease.take(memoryOf(doc) + key.length);
      entries.push({ key, doc });
    });
    return (await sortEntries(entries, context.work)).map(({ doc }) => doc);
  });
}
function facet(spec: unknown, { names, compile }: StageCompiler): Stage {
  if (!isDocument(spec) || firstKey(spec) === undefined) throw new MongoError(40169, '$facet needs a non-empty object of pipelines');
  const facets = fieldsOf(spec).map(([name, pipeline]) => {
    if (name.startsWith('$') || name.includes('.')) throw new MongoError(40170, `the name '${name}' of a facet must not hold '$' or '.'`);
    for (const { operator } of stagesOf(pipeline))
      if (operator === '$facet') throw new MongoError(40600, '$facet is not allowed to be used within a $facet stage');
    return { name, stages: compile(pipeline, names) };
  });
  return overAll(async (docs, context) => {
    const all: Doc[][] = [];
    for await (const portion of docs) {
      context.lease.take(portion.reduce((sum, doc) => sum + memoryOf(doc), 0));
      all.push(portion);
    }
    const result: Doc = {};
    for (const { name, stages } of facets) put(result, name, await collect(runStages(stages, portions(all), context), context));
    return [result];
  });
}
async function* portions(all: Doc[][]): Docs {
  yield* all;
}
export const runStages = (stages: readonly Stage[], docs: Docs, context: Parameters<Stage>[1]): Docs =>
  stages.reduce((before, stage) => stage(before, context), docs);
/** All documents of a pipeline, in memory. */
export async function collect(docs: Docs, context: Parameters<Stage>[1]): Promise<Doc[]> {
  const all: Doc[] = [];
  await eachDoc(docs, context, (doc) => {
    context.lease.take(memoryOf(doc));
    all.push(doc);
  });
  return all;
}

function count(spec: unknown): Stage {
  if (typeof spec !== 'string' || spec === '' || spec.startsWith('$') || spec.includes('.') || spec.includes('\0'))
    throw new MongoError(40156, 'the count field must be a non-empty string, not a path');
  return overAll(async (docs, context) => {
    let n = 0;
    await eachDoc(docs, context, () => void (n += 1));
    const doc: Doc = {};
    put(doc, spec, new Int32(n));
    return n === 0 ? [] : [doc];
  });
}
function sample(spec: unknown): Stage {
  if (!isDocument(spec) || Object.keys(spec).join() !== 'size' || !isNumeric(spec.size) || !(toDouble(spec.size) > 0))
    throw new MongoError(28746, '$sample takes one field, size, a positive number');
  const size = Math.trunc(toDouble(spec.size));
  return overAll(async (docs, context) => {
    // Reservoir sampling: every document is kept with the same probability.
    const kept: Doc[] = [];
    let seen = 0;
    await eachDoc(docs, context, (doc) => {
      seen += 1;
      const at = Math.floor(Math.random() * seen);
      if (kept.length < size) {
        context.lease.take(memoryOf(doc));
        kept.push(doc);
      } else if (at < size) kept[at] = doc;
    });
    for (let at = kept.length - 1; at > 0; at -= 1) {
      const other = Math.floor(Math.random() * (at + 1));
      [kept[at], kept[other]] = [itemAt(kept, other), itemAt(kept, at)];
    }
    return kept;
  });
}

const COMPILERS: Partial<Record<StageName, (spec: unknown, compiler: StageCompiler) => Stage>> = {
  $match: (spec, { names }) => {
    if (!isDocument(spec)) throw new MongoError(15959, 'the match filter must be an expression in an object');
    compileFilter(spec, Object.fromEntries(names.map((name) => [name, null])));
    return (docs, context) => {
      const matches = compileFilter(spec, context.variables);
      return perDocument((doc) => (matches(doc) ? [doc] : []))(docs, context);
    };
  },
  $sort: sortBy,
  $limit: (spec) => limitTo(wholeNumber(spec, '$limit')),
  $skip: (spec) => skipOver(wholeNumber(spec, '$skip')),
  $group: compileGroup,
  $bucket: compileBucket,
  $unwind: compileUnwind,
  $lookup: compileLookup,
  $graphLookup: compileGraphLookup,
  $unionWith: compileUnion,
  $count: count,
  $sortByCount: compileSortByCount,
  $facet: facet,
  $sample: sample,
};

/** One stage; its faults are refused here, before anything runs. */
export function compileStage({ operator, spec }: StageSpec, compiler: StageCompiler): Stage {
  assertStageName(operator);
  const compile = COMPILERS[operator];
  if (compile !== undefined) return compile(spec, compiler);
  const change = compileDocumentStage(operator, spec, compiler.names);
  return perDocument((doc, { variables }) => [change(doc, variables)]);
}
/** A pipeline inside another; `names`: the variables that it may name. */
export const compilePipeline = (pipeline: unknown, names: readonly string[]): Stage[] =>
  stagesOf(pipeline).map((stage) => compileStage(stage, { names, compile: compilePipeline }));
