import { type Doc, isDocument, isNumeric, toDouble } from './bson';
import { compare, EMPTY_ARRAY_KEY, encodeKey } from './compare';
import { badValue, notHere } from './errors';
import { valuesAt } from './paths';

export interface SortKey {
  path: string;
  direction: 1 | -1;
}

export function parseSort(sort: unknown): SortKey[] {
  if (sort === undefined || sort === null) return [];
  if (!isDocument(sort)) throw badValue('the sort must be a document');
  return Object.entries(sort).map(([path, direction]) => {
    if (isDocument(direction)) throw notHere('sorting by $meta');
    const sign = isNumeric(direction) || typeof direction === 'number' ? toDouble(direction) : 0;
    if (sign !== 1 && sign !== -1) throw badValue('$sort key ordering must be 1 (for ascending) or -1 (for descending)');
    return { path, direction: sign };
  });
}

/** What a document is sorted by: of an array's elements the least, or the greatest when descending. */
function sortValue(doc: Doc, { path, direction }: SortKey): { value: unknown } | 'empty' {
  let best: { value: unknown } | 'empty' | undefined;
  const consider = (candidate: { value: unknown } | 'empty') => {
    if (best === undefined || compareEntries(candidate, best) * direction < 0) best = candidate;
  };
  for (const value of valuesAt(doc, path)) {
    if (!Array.isArray(value)) consider({ value: value ?? null });
    else if (value.length === 0) consider('empty');
    else for (const element of value) consider({ value: (element as unknown) ?? null });
  }
  return best ?? { value: null };
}
const compareEntries = (a: { value: unknown } | 'empty', b: { value: unknown } | 'empty'): number => {
  if (a === 'empty' || b === 'empty')
    return a === b
      ? 0
      : Buffer.compare(a === 'empty' ? EMPTY_ARRAY_KEY : encodeKey(a.value), b === 'empty' ? EMPTY_ARRAY_KEY : encodeKey(b.value));
  return compare(a.value, b.value);
};

export function compareByKeys(keys: SortKey[], a: Doc, b: Doc): number {
  for (const key of keys) {
    const order = compareEntries(sortValue(a, key), sortValue(b, key)) * key.direction;
    if (order !== 0) return order;
  }
  return 0;
}

export const sortDocs = <T extends { doc: Doc }>(entries: T[], keys: SortKey[]): T[] =>
  entries.sort((a, b) => compareByKeys(keys, a.doc, b.doc));
