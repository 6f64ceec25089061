import { type Doc, isDocument } from '../bson';
import { own, put } from '../documents';
import { badValue, MongoError } from '../errors';
import { compileCondition, compileElemMatch, compileFilter } from '../matcher';
import { isIndexPart } from '../paths';
import { arrayFilterName } from './array-filters';

export interface UpdateContext {
  inserting: boolean;
  filter: Doc;
  arrayFilters: Doc[];
}
/** One operator on one path; changes the document in place. */
export type Apply = (doc: Doc, context: UpdateContext) => void;

const MAX_DEPTH = 100;
const MAX_ARRAY_GAP = 1_500_000;

/** Where a path leads: the holder of its last part. */
export interface Place {
  holder: Doc | unknown[];
  key: string;
}
export const read = ({ holder, key }: Place): unknown => (Array.isArray(holder) ? holder[Number(key)] : own(holder, key));
export const write = ({ holder, key }: Place, value: unknown) => {
  if (!Array.isArray(holder)) {
    put(holder, key, value);
    return;
  }
  const at = Number(key);
  if (at > holder.length + MAX_ARRAY_GAP) throw badValue(`can't backfill more than ${MAX_ARRAY_GAP} elements`);
  while (holder.length < at) holder.push(null);
  holder[at] = value;
};

/** Every place a path leads to: `$`, `$[]` and `$[name]` may lead to several. With `create`, missing documents on the way are made. */
export function places(doc: Doc, path: string, create: boolean, context: UpdateContext): Place[] {
  const parts = path.split('.');
  if (parts.length > MAX_DEPTH) throw new MongoError(10003, 'CannotBackfillArray', 'the path is too deep');
  let holders: (Doc | unknown[])[] = [doc];
  parts.forEach((part, at) => {
    if (at === parts.length - 1) return;
    holders = holders.flatMap((holder) =>
      keysOf(holder, part, parts, at, context).flatMap((key) => descend(holder, key, create, path, parts[at + 1] ?? '')),
    );
  });
  const last = parts.at(-1) ?? '';
  return holders.flatMap((holder) => keysOf(holder, last, parts, parts.length - 1, context).map((key) => ({ holder, key })));
}

function descend(holder: Doc | unknown[], key: string, create: boolean, path: string, next: string): (Doc | unknown[])[] {
  const place = { holder, key };
  const value = read(place);
  if (Array.isArray(value) || isDocument(value)) {
    if (Array.isArray(value) && !isIndexPart(next) && !next.startsWith('$')) {
      if (create)
        throw new MongoError(
          28,
          'PathNotViable',
          `Cannot create field '${next}' in element {${key}: ${JSON.stringify(value).slice(0, 200)}}`,
        );
      return [];
    }
    return [value];
  }
  if (!create) return [];
  if (value !== undefined || (Array.isArray(holder) && !isIndexPart(key)))
    throw new MongoError(
      28,
      'PathNotViable',
      `Cannot create field '${next}' in element {${key}: ${value === null ? 'null' : JSON.stringify(value)}} (path ${path})`,
    );
  const made: Doc = {};
  write(place, made);
  return [made];
}

function keysOf(holder: Doc | unknown[], part: string, parts: string[], at: number, context: UpdateContext): string[] {
  if (!part.startsWith('$')) {
    if (Array.isArray(holder) && !isIndexPart(part)) throw new MongoError(28, 'PathNotViable', `Cannot create field '${part}' in an array`);
    return [part];
  }
  const path = parts.slice(0, at).join('.');
  if (!Array.isArray(holder)) {
    if (part === '$') throw badValue('The positional operator did not find the match needed from the query.');
    throw badValue(`Cannot apply array updates to non-array element ${path}`);
  }
  if (part === '$') return [String(positional(holder, path, context))];
  const [, name] = /^\$\[(\w*)\]$/.exec(part) ?? [];
  if (name === undefined) throw badValue(`The path '${parts.join('.')}' has an invalid positional part`);
  if (name === '') return holder.map((_, index) => String(index));
  const filter = context.arrayFilters.find((candidate) => arrayFilterName(candidate) === name);
  if (filter === undefined) throw badValue(`No array filter found for identifier '${name}' in path '${parts.join('.')}'`);
  const matches = compileFilter(filter);
  return holder.flatMap((element, index) => (matches({ [name]: element }) ? [String(index)] : []));
}
/** These say what no element is, or speak of the array as a whole: none of them points at an element. */
const POINTLESS = ['$ne', '$nin', '$not', '$exists', '$size', '$type'];
const pointing = (condition: unknown): unknown =>
  isDocument(condition) && Object.keys(condition)[0]?.startsWith('$') === true
    ? Object.fromEntries(Object.entries(condition).filter(([operator]) => !POINTLESS.includes(operator)))
    : condition;

/** Which element of the array at `path` made the filter match: what `$` stands for. Of several conditions the last decides. */
function positional(elements: unknown[], path: string, { filter }: UpdateContext): number {
  const tests: ((element: unknown) => boolean)[] = [];
  const collect = (part: Doc) => {
    for (const [key, given] of Object.entries(part)) {
      if (key === '$and') (given as Doc[]).forEach(collect);
      if (key.startsWith('$') || (key !== path && !key.startsWith(`${path}.`))) continue;
      const condition = pointing(given);
      if (isDocument(condition) && Object.keys(condition).length === 0 && given !== condition) continue;
      tests.push(elementTest(key.slice(path.length + 1), condition, elements));
    }
  };
  collect(filter);
  for (const test of tests.reverse()) {
    const found = elements.findIndex(test);
    if (found >= 0) return found;
  }
  throw badValue('The positional operator did not find the match needed from the query.');
}
function elementTest(rest: string, condition: unknown, elements: unknown[]): (element: unknown) => boolean {
  const [, index] = /^(\d+)(?:\.|$)/.exec(rest) ?? [];
  if (index !== undefined) return (element) => element === elements[Number(index)];
  if (rest === '' && isDocument(condition) && '$elemMatch' in condition) return compileElemMatch(condition.$elemMatch);
  if (rest === '') {
    const test = compileCondition(condition);
    return (element) => test([element]);
  }
  const matches = compileFilter({ [rest]: condition });
  return (element) => isDocument(element) && matches(element);
}
