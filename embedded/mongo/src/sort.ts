import { EMPTY, tuplesOf } from './array-keys';
import { type Doc, fieldsOf, isDocument, isNumeric, toDouble } from './bson';
import { RANK, writeValue } from './compare';
import { badValue, failedToParse, notHere } from './errors';
import { KeyWriter } from './key-writer';
import { fieldPathParts } from './expressions/field-path';
import type { Work } from './scheduler';

export interface SortKey {
  path: string;
  direction: 1 | -1;
}
const MAX_KEYS = 32;

/** The keys of a sort. `{ $natural: ±1 }` is no key but an order of the scan; see naturalOrder. */
export function parseSort(sort: unknown): SortKey[] {
  if (sort === undefined || sort === null) return [];
  if (!isDocument(sort)) throw failedToParse('the sort must be a document');
  const keys = fieldsOf(sort);
  if (keys.length > MAX_KEYS) throw badValue(`a sort has at most ${MAX_KEYS} keys`);
  return keys.map(([path, direction]) => {
    if (isDocument(direction)) throw notHere('sorting by $meta');
    if (path === '$natural') throw badValue('$natural cannot stand beside another sort key or in this place');
    fieldPathParts(path);
    const sign = isNumeric(direction) || typeof direction === 'number' ? toDouble(direction) : 0;
    if (sign !== 1 && sign !== -1) throw badValue('$sort key ordering must be 1 (for ascending) or -1 (for descending)');
    return { path, direction: sign };
  });
}
/**
 * The direction that `{ $natural: ±1 }` alone gives the scan; undefined for any other sort or hint.
 */
export function naturalOrder(order: unknown): 1 | -1 | undefined {
  if (!isDocument(order) || !('$natural' in order)) return undefined;
  const sign = isNumeric(order.$natural) ? toDouble(order.$natural) : 0;
  if (Object.keys(order).length !== 1 || (sign !== 1 && sign !== -1)) throw badValue('$natural must stand alone, as 1 or -1');
  return sign;
}

const scratch = new KeyWriter();
/**
 * The bytes that a document is sorted by: of the tuples that its arrays make, the least in the
 * order of the keys.
 */
export function sortKeyOf(keys: readonly SortKey[]): (doc: Doc) => Buffer {
  const paths = keys.map(({ path }) => path.split('.'));
  return (doc) => {
    let best: Buffer | undefined;
    for (const tuple of tuplesOf(doc, paths)) {
      scratch.truncate(0);
      keys.forEach(({ direction }, at) => {
        const start = scratch.length;
        if (tuple[at] === EMPTY) scratch.byte(RANK.empty);
        else writeValue(tuple[at], scratch);
        if (direction === -1) scratch.invertFrom(start);
      });
      if (best === undefined || Buffer.compare(scratch.view(), best) < 0) best = scratch.slice();
    }
    return best ?? Buffer.alloc(0);
  };
}
export const compareByKeys = (keys: SortKey[]): ((a: Doc, b: Doc) => number) => {
  const keyOf = sortKeyOf(keys);
  return (a, b) => Buffer.compare(keyOf(a), keyOf(b));
};

export interface Sortable {
  key: Buffer;
}
const byKey = (a: Sortable, b: Sortable) => Buffer.compare(a.key, b.key);
/** Documents that are sorted in one piece. */
const RUN = 4_096;

/** A stable sort by key that takes turns with other commands. */
export async function sortEntries<T extends Sortable>(entries: T[], work: Work): Promise<T[]> {
  if (entries.length <= RUN) return entries.sort(byKey);
  let runs: T[][] = [];
  for (let at = 0; at < entries.length; at += RUN) {
    runs.push(entries.slice(at, at + RUN).sort(byKey));
    if (work.due()) await work.pause();
  }
  while (runs.length > 1) {
    const merged: T[][] = [];
    for (let at = 0; at < runs.length; at += 2) merged.push(await merge(runs[at] ?? [], runs[at + 1] ?? [], work));
    runs = merged;
  }
  return runs[0] ?? [];
}
async function merge<T extends Sortable>(left: T[], right: T[], work: Work): Promise<T[]> {
  const all: T[] = [];
  let [x, y] = [0, 0];
  for (;;) {
    const [a, b] = [left[x], right[y]];
    if (a === undefined && b === undefined) return all;
    if (b === undefined || (a !== undefined && byKey(a, b) <= 0)) {
      if (a !== undefined) all.push(a);
      x += 1;
    } else {
      all.push(b);
      y += 1;
    }
    if (work.due()) await work.pause();
  }
}

/** Keeps the first `most` entries in order while more are added than are kept. */
export function createTop<T extends Sortable>(most: number) {
  let kept: T[] = [];
  return {
    add(entry: T): void {
      kept.push(entry);
      if (kept.length >= most * 2 + 64) kept = kept.sort(byKey).slice(0, most);
    },
    entries: (): T[] => kept.sort(byKey).slice(0, most),
  };
}
