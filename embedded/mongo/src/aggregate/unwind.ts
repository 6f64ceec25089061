import { type Doc, isDocument, Long, own, put, remove } from '../bson';
import { MongoError } from '../errors';
import { fieldPathParts } from '../expressions/field-path';
import { perDocument, type Stage } from './stage';

/**
 * A copy of the document with another value at a path; documents beside the path are shared.
 * Undefined removes the field.
 */
function withValue(doc: Doc, parts: readonly string[], value: unknown): Doc {
  const [part = '', ...rest] = parts;
  const copy = { ...doc };
  if (rest.length === 0 && value === undefined) remove(copy, part);
  else if (rest.length === 0) put(copy, part, value);
  else {
    const inner = own(doc, part);
    put(copy, part, withValue(isDocument(inner) ? inner : {}, rest, value));
  }
  return copy;
}
const valueIn = (doc: Doc, parts: readonly string[]): unknown =>
  parts.reduce<unknown>((value, part) => (isDocument(value) ? own(value, part) : undefined), doc);

export function compileUnwind(spec: unknown): Stage {
  if (typeof spec !== 'string' && !isDocument(spec))
    throw new MongoError(15981, 'expected either a string or an object as specification for $unwind stage');
  const options: Doc = typeof spec === 'string' ? { path: spec } : spec;
  for (const option of Object.keys(options))
    if (!['path', 'includeArrayIndex', 'preserveNullAndEmptyArrays'].includes(option))
      throw new MongoError(28811, `unrecognized option to $unwind stage: ${option}`);
  const { path, includeArrayIndex, preserveNullAndEmptyArrays: keeps = false } = options;
  if (typeof path !== 'string') throw new MongoError(28808, 'expected a string as the path for $unwind stage');
  if (!path.startsWith('$')) throw new MongoError(28818, `path option to $unwind stage should be prefixed with a '$': ${path}`);
  if (typeof keeps !== 'boolean')
    throw new MongoError(28809, 'expected a boolean for the preserveNullAndEmptyArrays option to $unwind stage');
  if (includeArrayIndex !== undefined && (typeof includeArrayIndex !== 'string' || includeArrayIndex === ''))
    throw new MongoError(28810, 'expected a non-empty string for the includeArrayIndex option to $unwind stage');
  const parts = fieldPathParts(path.slice(1));
  const position = includeArrayIndex === undefined ? undefined : fieldPathParts(includeArrayIndex);
  const withPosition = (doc: Doc, at: Long | null) => (position === undefined ? doc : withValue(doc, position, at));
  return perDocument(function* (doc): Generator<Doc> {
    const value = valueIn(doc, parts);
    if (!Array.isArray(value)) {
      if ((value !== undefined && value !== null) || keeps) yield withPosition(doc, null);
    } else if (value.length === 0) {
      if (keeps) yield withPosition(withValue(doc, parts, undefined), null);
    } else for (const [at, element] of value.entries()) yield withPosition(withValue(doc, parts, element), Long.fromNumber(at));
  });
}
