import { compileDocumentStage } from '../aggregate/document-stages';
import { type Doc, fieldsOf, firstKey, isDocument, own, typeOf } from '../bson';
import { equal } from '../compare';
import { badValue, failedToParse, MongoError } from '../errors';
import type { Variables } from '../expressions/expression';
import { isIndexPart } from '../paths';
import { assertStageName } from '../aggregate/stage-names';
import { compileArrayFilters } from './array-filters';
import { addToSet, pop, pull, pullAll, push } from './array-operators';
import { FIELD_OPERATORS, type FieldChange } from './field-operators';
import { compileRename, rename } from './rename';
import { concretePaths, locate, parsePath, read, type UpdateContext } from './update-paths';

/** Changes a document, in place where it can; the caller passes a copy and takes the result. */
export type Update = (doc: Doc, context: UpdateContext) => Doc;

const OPERATORS: typeof FIELD_OPERATORS = {
  ...FIELD_OPERATORS,
  $push: push,
  $addToSet: addToSet,
  $pop: pop,
  $pull: pull,
  $pullAll: pullAll,
};
export const UPDATE_OPERATORS = [...Object.keys(OPERATORS), '$rename'];

/**
 * An update as a function: operators, a replacement, or a pipeline. Faults are refused here, not
 * when it runs.
 */
export function compileUpdate(update: unknown, arrayFilters: Doc[] = [], variables: Variables = {}): Update {
  if (Array.isArray(update) || isReplacement(update)) {
    const kind = Array.isArray(update) ? 'pipeline' : 'replacement';
    if (arrayFilters.length > 0) throw failedToParse(`arrayFilters may not be specified for ${kind}-style updates`);
    return Array.isArray(update) ? compilePipeline(update, variables) : (doc) => replace(doc, update);
  }
  if (!isDocument(update)) throw failedToParse('Update argument must be either an object or an array');
  return compileOperators(update, arrayFilters);
}

/** A whole document in place of another: its first field is no operator. */
export const isReplacement = (update: unknown): update is Doc => isDocument(update) && firstKey(update)?.startsWith('$') !== true;

/** One operator on one path. `rename`: its path is the destination. */
interface Change {
  path: string;
  parts: string[];
  field?: FieldChange;
  rename?: { from: string[]; to: string[] };
}

function compileOperators(update: Doc, arrayFilters: Doc[]): Update {
  const filters = compileArrayFilters(update, arrayFilters);
  const changes: Change[] = [];
  const touched: string[] = [];
  const touch = (path: string) => {
    assertNoConflict(touched, path);
    touched.push(path);
  };
  for (const [operator, fields] of Object.entries(update)) {
    const build = Object.hasOwn(OPERATORS, operator) ? OPERATORS[operator] : undefined;
    if (build === undefined && operator !== '$rename')
      throw failedToParse(`Unknown modifier: ${operator}. Expected a valid update modifier or pipeline-style update specified as an array`);
    if (!isDocument(fields))
      throw failedToParse(
        `Modifiers operate on fields but we found type ${typeOf(fields)} instead. For example: {$mod: {<field>: ...}} not {${operator}: ...}`,
      );
    for (const [path, operand] of fieldsOf(fields)) {
      touch(path);
      if (build !== undefined) {
        changes.push({ path, parts: parsePath(path), field: build(path, operand) });
        continue;
      }
      const renaming = compileRename(path, operand);
      touch(renaming.to.join('.'));
      changes.push({ path: renaming.to.join('.'), parts: renaming.to, rename: renaming });
    }
  }
  return (doc, context) => {
    const id = doc._id;
    apply(doc, changes, (change) => concretePaths(doc, change.parts, context, filters), context);
    if (id !== undefined && !equal(doc._id ?? null, id ?? null))
      throw new MongoError('ImmutableField', "Performing an update on the path '_id' would modify the immutable field '_id'");
    return doc;
  };
}

/**
 * All paths are resolved before the first change, so that no change decides what `$` and
 * `$[identifier]` stand for in another. MongoDB then changes in the order of field names, which
 * decides the order of new fields.
 */
function apply(doc: Doc, changes: Change[], resolve: (change: Change) => string[][], context: UpdateContext): void {
  const resolved = changes.flatMap((change) => resolve(change).map((parts) => ({ change, parts })));
  if (resolved.length !== changes.length || changes.some(({ path }) => path.includes('$'))) assertNoConflicts(resolved);
  resolved.sort((a, b) => compareParts(a.parts, b.parts));
  for (const { change, parts } of resolved) {
    if (change.rename !== undefined) rename(doc, change.rename);
    const { field } = change;
    if (field === undefined || (field.onlyOnInsert === true && !context.inserting)) continue;
    const place = locate(doc, parts, field.create);
    if (place !== undefined) field.change(place, read(place));
  }
}

const compareParts = (left: string[], right: string[]): number => {
  for (let at = 0; at < Math.min(left.length, right.length); at += 1) {
    const [x = '', y = ''] = [left[at], right[at]];
    if (x === y) continue;
    return isIndexPart(x) && isIndexPart(y) ? Number(x) - Number(y) : x < y ? -1 : 1;
  }
  return left.length - right.length;
};

const conflict = (path: string, at: string) =>
  new MongoError('ConflictingUpdateOperators', `Updating the path '${path}' would create a conflict at '${at}'`);
function assertNoConflict(touched: string[], path: string): void {
  const clash = touched.find((other) => other === path || other.startsWith(`${path}.`) || path.startsWith(`${other}.`));
  if (clash !== undefined) throw conflict(path, clash.length < path.length ? clash : path);
}
/**
 * Positional paths may lead to the same place: sorted, a path that contains another stands in front
 * of it.
 */
function assertNoConflicts(resolved: { parts: string[] }[]): void {
  const paths = resolved.map(({ parts }) => parts).sort(compareParts);
  paths.slice(1).forEach((path, at) => {
    const before = paths[at] ?? [];
    if (before.every((part, depth) => path[depth] === part)) throw conflict(path.join('.'), before.join('.'));
  });
}

const altered = () =>
  new MongoError('ImmutableField', "After applying the update, the (immutable) field '_id' was found to have been altered");
function replace(doc: Doc, replacement: Doc): Doc {
  for (const key of Object.keys(replacement))
    if (key.startsWith('$'))
      throw new MongoError(
        'DollarPrefixedFieldName',
        `The dollar ($) prefixed field '${key}' in '${key}' is not allowed in a replacement document`,
      );
  if ('_id' in replacement && doc._id !== undefined && !equal(replacement._id, doc._id)) throw altered();
  const { _id, ...fields } = replacement;
  const id = doc._id ?? _id;
  return id === undefined ? fields : { _id: id, ...fields };
}

const PIPELINE_STAGES = ['$set', '$addFields', '$unset', '$project', '$replaceRoot', '$replaceWith'];
function compilePipeline(stages: unknown[], variables: Variables): Update {
  if (stages.length > 1_000) throw badValue('Pipeline length must be no longer than 1000 stages');
  const run = stages.map((stage) => {
    const [pair, ...others] = isDocument(stage) ? Object.entries(stage) : [];
    if (pair === undefined || others.length > 0)
      throw new MongoError(40323, 'A pipeline stage specification object must contain exactly one field.');
    const [name, spec] = pair;
    assertStageName(name);
    if (!PIPELINE_STAGES.includes(name)) throw new MongoError('InvalidOptions', `${name} is not allowed to be used within an update`);
    return compileDocumentStage(name, spec, Object.keys(variables));
  });
  return (doc) => {
    const bound = { NOW: new Date(), ...variables };
    const changed = run.reduce((result, stage) => stage(result, bound), doc);
    const id = own(doc, '_id');
    const result = '_id' in changed || id === undefined ? changed : { _id: id, ...changed };
    if (id !== undefined && !equal(result._id ?? null, id)) throw altered();
    return result;
  };
}
