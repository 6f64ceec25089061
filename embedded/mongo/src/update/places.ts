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
      keysOf(holder, part, parts, at, doc, context).flatMap((key) => descend(holder, key, create, path, parts[at + 1] ?? '')),
    );
  });
  const last = parts.at(-1) ?? '';
  return holders.flatMap((holder) => keysOf(holder, last, parts, parts.length - 1, doc, context).map((key) => ({ holder, key })));
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

function keysOf(holder: Doc | unknown[], part: string, parts: string[], at: number, doc: Doc, context: UpdateContext): string[] {
  if (!part.startsWith('$')) {
    if (Array.isArray(holder) && !isIndexPart(part)) throw new MongoError(28, 'PathNotViable', `Cannot create field '${part}' in an array`);
    return [part];
  }
  const path = parts.slice(0, at).join('.');
  if (!Array.isArray(holder)) {
    if (part === '$') throw badValue('The positional operator did not find the match needed from the query.');
    throw badValue(`Cannot apply array updates to non-array element ${path}`);
  }
  if (part === '$') return [String(positional(doc, holder, path, context))];
  const [, name] = /^\$\[(\w*)\]$/.exec(part) ?? [];
  if (name === undefined) throw badValue(`The path '${parts.join('.')}' has an invalid positional part`);
  if (name === '') return holder.map((_, index) => String(index));
  const filter = context.arrayFilters.find((candidate) => arrayFilterName(candidate) === name);
  if (filter === undefined) throw badValue(`No array filter found for identifier '${name}' in path '${parts.join('.')}'`);
  const matches = compileFilter(filter);
  return holder.flatMap((element, index) => (matches({ [name]: element }) ? [String(index)] : []));
}
/** Which element of the array at `path` made the filter match: what `$` stands for. */
function positional(_doc: Doc, elements: unknown[], path: string, { filter }: UpdateContext): number {
  const conditions: [string, unknown][] = [];
  const collect = (part: Doc) => {
    for (const [key, condition] of Object.entries(part)) {
      if (key === '$and') (condition as Doc[]).forEach(collect);
      else if (!key.startsWith('$') && (key === path || key.startsWith(`${path}.`)))
        conditions.push([key.slice(path.length + 1), condition]);
    }
  };
  collect(filter);
  for (const [rest, condition] of conditions) {
    const elemMatch =
      isDocument(condition) && '$elemMatch' in condition && rest === '' ? compileElemMatch(condition.$elemMatch) : undefined;
    const [, indexPart] = /^(\d+)(?:\.|$)/.exec(rest) ?? [];
    if (indexPart !== undefined) return Number(indexPart);
    const test = rest === '' ? compileCondition(condition) : undefined;
    const matches = rest === '' ? undefined : compileFilter({ [rest]: condition });
    const found = elements.findIndex((element) =>
      elemMatch !== undefined
        ? elemMatch(element)
        : test !== undefined
          ? test([element])
          : isDocument(element) && matches?.(element) === true,
    );
    if (found >= 0) return found;
  }
  throw badValue('The positional operator did not find the match needed from the query.');
}
