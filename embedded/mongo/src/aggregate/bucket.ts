import { Int32, isDocument } from '../bson';
import { compare, rankOf } from '../compare';
import { MongoError } from '../errors';
import { evaluate } from '../expressions/evaluate';
import { grouping } from './group';
import type { Stage } from './stages';

const refused = (code: number, message: string) => new MongoError(code, `Location${code}`, message);

/** A $group by the lower boundary of the bucket a value falls into, in the order of the boundaries. */
export function compileBucket(spec: unknown): Stage {
  const group = bucketing(spec);
  return (docs, context) => group(docs, context).sort((a, b) => compare(a._id, b._id));
}
function bucketing(spec: unknown): Stage {
  if (!isDocument(spec)) throw refused(40201, 'Argument to $bucket stage must be an object');
  for (const option of Object.keys(spec))
    if (!['groupBy', 'boundaries', 'default', 'output'].includes(option))
      throw refused(40197, `Unrecognized option to $bucket: ${option}.`);
  const { groupBy, boundaries, output = { count: { $sum: new Int32(1) } } } = spec;
  if (groupBy === undefined || !Array.isArray(boundaries))
    throw refused(40198, "$bucket requires 'groupBy' and 'boundaries' to be specified.");
  if (!isDocument(output)) throw refused(40196, "The $bucket 'output' field must be an object");
  if (boundaries.length < 2) throw refused(40192, "The $bucket 'boundaries' field must have at least 2 values");
  const bounds = boundaries.map((bound: unknown) => evaluate(bound, {}));
  bounds.slice(1).forEach((bound, at) => {
    if (rankOf(bound) !== rankOf(bounds[at]))
      throw refused(40193, "All values in the 'boundaries' option to $bucket must have the same type.");
    if (compare(bounds[at], bound) >= 0) throw refused(40194, "The 'boundaries' option to $bucket must be sorted");
  });
  return grouping(output, (doc, variables) => {
    const value = evaluate(groupBy, doc, variables) ?? null;
    const at = bounds.findLastIndex((bound) => compare(bound, value) <= 0);
    if (at >= 0 && at < bounds.length - 1 && rankOf(value) === rankOf(bounds[0])) return bounds[at];
    if (!('default' in spec)) throw refused(7157303, '$bucket could not find a matching branch for an input, and no default was specified');
    return spec.default;
  });
}
