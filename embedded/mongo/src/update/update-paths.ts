import { type Doc, has, isArray, isDocument, own, put } from '../bson';
import { badValue, MongoError } from '../errors';
import type { Matches } from '../filter/filter';
import { matchedPosition } from '../filter/positional';
import { isDbRefField, isIndexPart } from '../paths';
import { shown } from '../shown';

export interface UpdateContext {
  /** An upsert makes a new document. */
  inserting: boolean;
  /** The filter that found the document; decides what `$` stands for. */
  filter: Doc;
}
/** By the identifier in `$[identifier]`. */
export type ArrayFilters = ReadonlyMap<string, Matches>;

const MAX_DEPTH = 100;
const MAX_ARRAY_GAP = 1_500_000;
const notViable = (message: string) => new MongoError('PathNotViable', message);

/** Where an update path leads: the document or array that holds the last part. */
export interface Place {
  holder: Doc | unknown[];
  key: string;
}
export const read = ({ holder, key }: Place): unknown => (Array.isArray(holder) ? holder[Number(key)] : own(holder, key));
export const write = ({ holder, key }: Place, value: unknown): void => {
  if (!Array.isArray(holder)) {
    put(holder, key, value);
    return;
  }
  const at = Number(key);
  if (at > holder.length + MAX_ARRAY_GAP) throw new MongoError('CannotBackfillArray', `can't backfill more than ${MAX_ARRAY_GAP} elements`);
  while (holder.length < at) holder.push(null);
  holder[at] = value;
};

export const isPositional = (part: string) => part.startsWith('$') && !isDbRefField(part);

/** Checks an update path once, when the update is compiled. */
export function parsePath(path: string): string[] {
  const parts = path.split('.');
  if (parts.includes(''))
    throw new MongoError('EmptyFieldName', `The update path '${path}' contains an empty field name, which is not allowed.`);
  if (parts.length > MAX_DEPTH) throw badValue(`the update path is deeper than ${MAX_DEPTH} fields`);
  if (isPositional(parts[0] ?? ''))
    throw new MongoError('DollarPrefixedFieldName', `The dollar ($) prefixed field '${path}' is not valid for storage.`);
  if (parts.filter((part) => part === '$').length > 1) throw badValue(`Too many positional (i.e. '$') elements found in path '${path}'`);
  for (const part of parts)
    if (isPositional(part) && part !== '$' && !/^\$\[\w*\]$/.test(part))
      throw new MongoError('DollarPrefixedFieldName', `The dollar ($) prefixed field '${part}' in '${path}' is not valid for storage.`);
  return parts;
}

/** The concrete paths that an update path stands for in a document as it is before the update. */
export function concretePaths(doc: Doc, parts: string[], context: UpdateContext, filters: ArrayFilters): string[][] {
  if (!parts.some(isPositional)) return [parts];
  let paths: { value: unknown; path: string[] }[] = [{ value: doc, path: [] }];
  parts.forEach((part, at) => {
    paths = paths.flatMap(({ value, path }) =>
      (isPositional(part) ? positions(doc, value, part, parts, at, context, filters) : [part]).map((key) => ({
        value: stepInto(value, key),
        path: [...path, key],
      })),
    );
  });
  return paths.map(({ path }) => path);
}
const stepInto = (value: unknown, key: string): unknown => {
  if (isArray(value)) return isIndexPart(key) ? value[Number(key)] : undefined;
  return isDocument(value) ? own(value, key) : undefined;
};

function positions(
  doc: Doc,
  value: unknown,
  part: string,
  parts: string[],
  at: number,
  context: UpdateContext,
  filters: ArrayFilters,
): string[] {
  const path = parts.slice(0, at).join('.');
  if (part === '$') {
    const position = Array.isArray(value) ? matchedPosition(doc, value, path, context.filter) : undefined;
    if (position === undefined) throw badValue('The positional operator did not find the match needed from the query.');
    return [String(position)];
  }
  if (value === undefined) throw badValue(`The path '${path}' must exist in the document in order to apply array updates.`);
  if (!Array.isArray(value)) throw badValue(`Cannot apply array updates to non-array element ${path}: ${shown(value)}`);
  const name = part.slice(2, -1);
  if (name === '') return value.map((_, index) => String(index));
  const matches = filters.get(name);
  if (matches === undefined) throw badValue(`No array filter found for identifier '${name}' in path '${parts.join('.')}'`);
  return value.flatMap((element: unknown, index) => (matches({ [name]: element }) ? [String(index)] : []));
}

/**
 * The place at the end of a concrete path; with `create`, missing documents on the way are made.
 * Undefined: there is none.
 */
export function locate(doc: Doc, parts: string[], create: boolean): Place | undefined {
  let holder: Doc | unknown[] = doc;
  for (const [at, key] of parts.entries()) {
    if (Array.isArray(holder) && !isIndexPart(key)) {
      if (!create) return undefined;
      throw notViable(`Cannot create field '${key}' in element {${parts[at - 1] ?? ''}: ${shown(holder)}}`);
    }
    const place: Place = { holder, key };
    if (at === parts.length - 1) return place;
    const value = read(place);
    if (isArray(value) || isDocument(value)) holder = value;
    else if (!create) return undefined;
    else if (value !== undefined || exists(place))
      throw notViable(`Cannot create field '${parts[at + 1] ?? ''}' in element {${key}: ${shown(value)}}`);
    else write(place, (holder = {}));
  }
  return undefined;
}
const exists = ({ holder, key }: Place) => !Array.isArray(holder) && has(holder, key);
