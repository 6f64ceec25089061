import { type Doc, Int32, isDocument, own, put } from '../bson';
import { compare, encodeKey, rankOf } from '../compare';
import { MongoError } from '../errors';
import { compileExpression, constantValue, evaluate } from '../expressions/compile';
import type { Variables } from '../expressions/expression';
import { memoryOf } from '../memory-budget';
import { type Accumulator, compileAccumulators } from './accumulators';
import { eachDoc, overAll, type Stage, type StageCompiler } from './stage';

const refused = (code: number, message: string) => new MongoError(code, message);

export function compileGroup(spec: unknown, { names }: StageCompiler): Stage {
  if (!isDocument(spec)) throw refused(15947, "a group's fields must be specified in an object");
  if (!('_id' in spec)) throw refused(15955, 'a group specification must include an _id');
  const { _id, ...fields } = spec;
  const key = compileExpression(_id, names);
  return overAll(grouping(fields, names, (doc, variables) => evaluate(key, doc, variables) ?? null));
}
/** How often each value of an expression occurs, the most frequent first. */
export function compileSortByCount(spec: unknown, { names }: StageCompiler): Stage {
  const isExpression = typeof spec === 'string' ? spec.startsWith('$') : isDocument(spec) && Object.keys(spec)[0]?.startsWith('$') === true;
  if (!isExpression) throw refused(40147, 'the sortByCount field must be defined as a $-prefixed path or an expression inside an object');
  const key = compileExpression(spec, names);
  const group = grouping({ count: { $sum: new Int32(1) } }, names, (doc, variables) => evaluate(key, doc, variables) ?? null);
  return overAll(async (docs, context) => (await group(docs, context)).sort((a, b) => compare(b.count, a.count)));
}

/** One document for each key, with what the accumulators made of its documents. */
function grouping(spec: Doc, names: readonly string[], keyOf: (doc: Doc, variables: Variables) => unknown) {
  const fields = compileAccumulators(spec, names);
  return async (...[docs, context]: Parameters<Stage>): Promise<Doc[]> => {
    const { variables, lease } = context;
    const groups = new Map<string, { id: unknown; accumulators: Accumulator[] }>();
    await eachDoc(docs, context, (doc) => {
      const id = keyOf(doc, variables);
      const key = encodeKey(id).toString('latin1');
      let entry = groups.get(key);
      if (entry === undefined) {
        lease.take(memoryOf(id) + key.length * 2 + fields.length * 100);
        groups.set(key, (entry = { id, accumulators: fields.map(({ create }) => create(lease)) }));
      }
      for (const [at, { expression }] of fields.entries()) entry.accumulators[at]?.add(evaluate(expression, doc, variables));
    });
    return [...groups.values()].map(({ id, accumulators }) => {
      const doc: Doc = { _id: id };
      for (const [at, { name }] of fields.entries()) put(doc, name, accumulators[at]?.result());
      return doc;
    });
  };
}

/**
 * A $group by the lower boundary of the bucket that a value falls into, in the order of the
 * boundaries.
 */
export function compileBucket(spec: unknown, { names }: StageCompiler): Stage {
  if (!isDocument(spec)) throw refused(40201, 'Argument to $bucket stage must be an object');
  for (const option of Object.keys(spec))
    if (!['groupBy', 'boundaries', 'default', 'output'].includes(option))
      throw refused(40197, `Unrecognized option to $bucket: ${option}.`);
  const { groupBy, boundaries, output = { count: { $sum: new Int32(1) } } } = spec;
  if (groupBy === undefined || !Array.isArray(boundaries))
    throw refused(40198, "$bucket requires 'groupBy' and 'boundaries' to be specified.");
  if (typeof groupBy === 'string' ? !groupBy.startsWith('$') : !isDocument(groupBy))
    throw refused(40202, "The $bucket 'groupBy' field must be defined as a $-prefixed path or an expression object");
  if (!isDocument(output)) throw refused(40196, "The $bucket 'output' field must be an object");
  if (boundaries.length < 2) throw refused(40192, "The $bucket 'boundaries' field must have at least 2 values");
  const bounds = boundaries.map((bound: unknown) => constantValue(bound));
  bounds.slice(1).forEach((bound, at) => {
    if (rankOf(bound) !== rankOf(bounds[at]))
      throw refused(40193, "All values in the 'boundaries' option to $bucket must have the same type.");
    if (compare(bounds[at], bound) >= 0) throw refused(40194, "The 'boundaries' option to $bucket must be sorted");
  });
  const otherwise = own(spec, 'default') === undefined ? undefined : { value: constantValue(spec.default) };
  const last = bounds.length - 1;
  if (
    otherwise !== undefined &&
    rankOf(otherwise.value) === rankOf(bounds[0]) &&
    compare(otherwise.value, bounds[0]) >= 0 &&
    compare(otherwise.value, bounds[last]) < 0
  )
    throw refused(
      40199,
      "The $bucket 'default' field must be less than the lowest boundary or greater than or equal to the highest boundary.",
    );
  const key = compileExpression(groupBy, names);
  const group = grouping(output, names, (doc, variables) => {
    const value = evaluate(key, doc, variables) ?? null;
    const at = bounds.findLastIndex((bound) => compare(bound, value) <= 0);
    if (at >= 0 && at < last && rankOf(value) === rankOf(bounds[0])) return bounds[at];
    if (otherwise === undefined)
      throw refused(7157303, '$bucket could not find a matching branch for an input, and no default was specified');
    return otherwise.value;
  });
  return overAll(async (docs, context) => (await group(docs, context)).sort((a, b) => compare(a._id, b._id)));
}
