import { compileDocumentStage } from '../aggregate/document-stages';
import { bsonType, type Doc, isDocument, typeName } from '../bson';
import { equal } from '../compare';
import { setPath } from '../documents';
import { badValue, failedToParse, MongoError } from '../errors';
import { isIndexPart } from '../paths';
import { assertArrayFilters } from './array-filters';
import { OPERATORS } from './operators';
import type { Apply, UpdateContext } from './places';

/** Changes a document in place; the caller passes a copy. */
export type Update = (doc: Doc, context: UpdateContext) => Doc;

/** An update as a function: operators, a replacement, or a pipeline of $set/$unset/$replaceWith. */
export function compileUpdate(update: unknown, arrayFilters: Doc[] = []): Update {
  const unfiltered = (kind: string) => {
    if (arrayFilters.length > 0) throw failedToParse(`arrayFilters may not be specified for ${kind}-style updates`);
  };
  if (Array.isArray(update)) {
    unfiltered('pipeline');
    return compilePipeline(update as Doc[]);
  }
  if (!isDocument(update)) throw failedToParse('Update argument must be either an object or an array');
  if (isReplacement(update)) {
    unfiltered('replacement');
    return (doc) => replace(doc, update);
  }
  assertArrayFilters(update, arrayFilters);
  const changes: { path: string; apply: Apply }[] = [];
  for (const [operator, fields] of Object.entries(update)) {
    const build = Object.hasOwn(OPERATORS, operator) ? OPERATORS[operator] : undefined;
    if (build === undefined)
      throw failedToParse(`Unknown modifier: ${operator}. Expected a valid update modifier or pipeline-style update specified as an array`);
    if (!isDocument(fields))
      throw failedToParse(
        `Modifiers operate on fields but we found type ${typeName(fields)} instead. For example: {$mod: {<field>: ...}} not {${operator}: ...}`,
      );
    for (const [path, operand] of Object.entries(fields)) {
      if (path === '' || path.split('.').includes(''))
        throw new MongoError(56, 'EmptyFieldName', `The update path '${path}' contains an empty field name, which is not allowed.`);
      if (operator === '$rename' && path === operand)
        throw badValue(`The source and target field for $rename must differ: ${path}: "${path}"`);
      for (const touched of operator === '$rename' ? [path, String(operand)] : [path]) assertNoConflict(changes, touched);
      changes.push({ path, apply: build(path, operand) });
      if (operator === '$rename') changes.push({ path: String(operand), apply: () => undefined });
    }
  }
  // MongoDB applies in the order of field names, which decides the order of new fields.
  changes.sort((a, b) => comparePaths(a.path, b.path));
  return (doc, context) => {
    const id = doc._id;
    for (const change of changes) change.apply(doc, context);
    if (id !== undefined && !equal(doc._id ?? null, id ?? null))
      throw new MongoError(66, 'ImmutableField', "Performing an update on the path '_id' would modify the immutable field '_id'");
    return doc;
  };
}

/** A whole document in place of another, told by having no operator. */
export const isReplacement = (update: unknown): update is Doc =>
  isDocument(update) && !Object.keys(update).some((key) => key.startsWith('$'));

const comparePaths = (a: string, b: string) => {
  const left = a.split('.');
  const right = b.split('.');
  for (let at = 0; at < Math.min(left.length, right.length); at += 1) {
    const [x = '', y = ''] = [left[at], right[at]];
    if (x === y) continue;
    return isIndexPart(x) && isIndexPart(y) ? Number(x) - Number(y) : x < y ? -1 : 1;
  }
  return left.length - right.length;
};

function assertNoConflict(changes: { path: string }[], path: string) {
  const clash = changes.find(({ path: other }) => other === path || other.startsWith(`${path}.`) || path.startsWith(`${other}.`));
  if (clash !== undefined)
    throw new MongoError(
      40,
      'ConflictingUpdateOperators',
      `Updating the path '${path}' would create a conflict at '${clash.path.length < path.length ? clash.path : path}'`,
    );
}

function replace(doc: Doc, replacement: Doc): Doc {
  if ('_id' in replacement && doc._id !== undefined && !equal(replacement._id, doc._id))
    throw new MongoError(66, 'ImmutableField', "After applying the update, the (immutable) field '_id' was found to have been altered");
  const { _id, ...fields } = replacement;
  const id = doc._id ?? _id;
  return id === undefined ? fields : { _id: id, ...fields };
}

const PIPELINE_STAGES = ['$set', '$addFields', '$unset', '$project', '$replaceRoot', '$replaceWith'];

function compilePipeline(stages: Doc[]): Update {
  const run = stages.map((stage) => {
    const pairs = isDocument(stage) ? Object.entries(stage) : [];
    const [name, spec] = pairs[0] ?? [];
    if (name === undefined || pairs.length !== 1)
      throw new MongoError(40323, 'Location40323', 'A pipeline stage specification object must contain exactly one field.');
    if (!PIPELINE_STAGES.includes(name)) throw new MongoError(72, 'InvalidOptions', `${name} is not allowed to be used within an update`);
    return compileDocumentStage(name, spec);
  });
  return (doc) => {
    const changed = run.reduce((result, stage) => stage(result, {}), doc);
    const result = '_id' in changed || doc._id === undefined ? changed : { _id: doc._id, ...changed };
    if (doc._id !== undefined && !equal(result._id ?? null, doc._id))
      throw new MongoError(66, 'ImmutableField', "After applying the update, the (immutable) field '_id' was found to have been altered");
    return result;
  };
}

const isElemMatch = (part: unknown) => isDocument(part) && '$elemMatch' in part;

/** The document an upsert begins with: what the filter fixes by equality. */
export function upsertSeed(filter: Doc): Doc {
  const seed: Doc = {};
  const fixed: string[] = [];
  const fix = (path: string, value: unknown) => {
    const clash = fixed.find((other) => other === path || other.startsWith(`${path}.`) || path.startsWith(`${other}.`));
    if (clash !== undefined)
      throw new MongoError(54, 'NotSingleValueField', `cannot infer query fields to set, path '${path}' is matched twice`);
    fixed.push(path);
    setPath(seed, path.split('.'), value);
  };
  const collect = (part: Doc) => {
    for (const [key, condition] of Object.entries(part)) {
      if (key === '$and') (condition as Doc[]).forEach(collect);
      else if (key.startsWith('$')) continue;
      else if (isDocument(condition) && Object.keys(condition)[0]?.startsWith('$') === true) {
        if ('$eq' in condition) fix(key, condition.$eq);
        else if (Array.isArray(condition.$all))
          for (const element of condition.$all.filter((part) => !isElemMatch(part))) fix(key, element);
        else if (Array.isArray(condition.$in) && condition.$in.length === 1) fix(key, condition.$in[0]);
      } else if (bsonType(condition) !== 11) fix(key, condition);
    }
  };
  collect(filter);
  return seed;
}
