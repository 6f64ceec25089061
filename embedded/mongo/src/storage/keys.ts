import { type Doc } from '../bson';
import { encodeKey, RANK, writeValue } from '../compare';
import { MongoError, notHere } from '../errors';
import { EMPTY } from '../array-keys';
import { KeyWriter } from '../key-writer';
import { compileFilter, type Matches } from '../filter/filter';
import { valuesAt } from '../paths';
import type { SortKey } from '../sort';
import { assertGeometry, type GeoKind } from './geo-index';
import type { Span } from './scan';

export { type GeoKind, isGeoKind } from './geo-index';

/** lmdb's own bound is 1,978 bytes; the rest is for the index's number and the document's id. */
const MAX_KEY_BYTES = 1_900;
const MAX_ENTRIES = 100_000;

export interface IndexKey extends SortKey {
  /** A key over geometry; an index with one has no entries. */
  geo?: GeoKind;
}
export interface IndexSpec {
  id: number;
  name: string;
  keys: IndexKey[];
  unique: boolean;
  sparse: boolean;
  partial?: Doc;
  expireAfterSeconds?: number;
  /** The keys that have met an array: an index entry then no longer stands for the whole field. */
  multikey: boolean[];
}
export interface Index extends IndexSpec {
  covers: Matches;
  prefix: Buffer;
}

export const isGeo = ({ keys }: Pick<IndexSpec, 'keys'>): boolean => keys.some(({ geo }) => geo !== undefined);
export const hasGeoKey = ({ keys }: Pick<IndexSpec, 'keys'>, path: string, kind: GeoKind): boolean =>
  keys.some((key) => key.path === path && key.geo === kind);
/** A key's value as a key pattern shows it. */
export const shownDirection = ({ direction, geo }: IndexKey): GeoKind | 1 | -1 => geo ?? direction;

export const numberPrefix = (id: number): Buffer => {
  const prefix = Buffer.allocUnsafe(4);
  prefix.writeUInt32BE(id);
  return prefix;
};
export const openIndex = (spec: IndexSpec): Index => ({
  ...spec,
  covers: spec.partial === undefined ? () => true : compileFilter(spec.partial),
  prefix: numberPrefix(spec.id),
});

/** The same bytes with their order turned around: a descending key. */
export const invert = (bytes: Buffer): Buffer => Buffer.from(bytes.map((byte) => 0xff - byte));

export const keyOfId = (id: unknown): Buffer => {
  const key = encodeKey(id);
  if (key.length > MAX_KEY_BYTES) throw notHere(`an _id of more than ${MAX_KEY_BYTES} bytes`);
  return key;
};

/**
 * Ends an entry of a unique index: its key holds no id, so that one look-up decides whether it is
 * taken.
 */
const UNIQUE_END = Buffer.from([0x02]);
export const entryKey = (index: Index, entry: Buffer, idKey: Buffer): Buffer => {
  const key = Buffer.concat([index.prefix, entry, index.unique ? UNIQUE_END : idKey]);
  if (key.length > MAX_KEY_BYTES + 70) throw notHere(`an index entry and an _id of together more than ${MAX_KEY_BYTES} bytes`);
  return key;
};
export const entrySpan = (index: Index, low: Buffer, high: Buffer, reverse: boolean): Span => ({
  low: Buffer.concat([index.prefix, low]),
  high: Buffer.concat([index.prefix, high]),
  reverse,
});

const scratch = new KeyWriter();
const put = (value: unknown, direction: number) => {
  const start = scratch.length;
  if (value === EMPTY) scratch.byte(RANK.empty);
  else writeValue(value, scratch);
  if (direction === -1) scratch.invertFrom(start);
};
/**
 * The entries that a document has in an index, without the id: one, or one for each element of an
 * array. `multikey`: the keys that met an array in this document.
 */
export function entriesOf(index: Index, doc: Doc): { entries: Buffer[]; multikey: boolean[] } {
  if (!index.covers(doc)) return { entries: [], multikey: [] };
  if (isGeo(index)) {
    for (const { path, geo } of index.keys) if (geo !== undefined) assertGeometry(doc, path, geo);
    return { entries: [], multikey: [] };
  }
  const columns = index.keys.map(({ path }) => valuesAt(doc, path));
  const multikey = columns.map((values) => values.length !== 1 || Array.isArray(values[0]));
  if (index.sparse && columns.every((values) => values.every((value) => value === undefined))) return { entries: [], multikey: [] };
  scratch.truncate(0);
  if (!multikey.includes(true)) {
    index.keys.forEach(({ direction }, at) => put(columns[at]?.[0] ?? null, direction));
    return { entries: [checked(index, scratch.slice())], multikey };
  }
  assertNotParallel(index, multikey);
  let entries: Buffer[] = [Buffer.alloc(0)];
  index.keys.forEach(({ direction }, at) => {
    const column = new Map<string, Buffer>();
    for (const value of spread(columns[at] ?? [])) {
      scratch.truncate(0);
      put(value, direction);
      const key = scratch.slice();
      column.set(key.toString('latin1'), key);
    }
    if (entries.length * column.size > MAX_ENTRIES)
      throw notHere(`a document with more than ${MAX_ENTRIES} entries in index ${index.name}`);
    entries = entries.flatMap((entry) => [...column.values()].map((key) => Buffer.concat([entry, key])));
  });
  return { entries: entries.map((entry) => checked(index, entry)), multikey };
}

const spread = (values: unknown[]): unknown[] => {
  if (values.length === 0) return [null];
  return values.flatMap((value) =>
    !Array.isArray(value) ? [value ?? null] : value.length === 0 ? [EMPTY] : value.map((element: unknown) => element ?? null),
  );
};
const checked = (index: Index, entry: Buffer) => {
  if (entry.length > MAX_KEY_BYTES) throw notHere(`an entry of more than ${MAX_KEY_BYTES} bytes in index ${index.name}`);
  return entry;
};
/**
 * Fields of one array of documents may be indexed together: the entries are then all combinations,
 * a superset that the filter sorts out.
 */
function assertNotParallel(index: Index, multikey: boolean[]): void {
  const arrays = index.keys.filter((_, at) => multikey[at]).map(({ path }) => path);
  if (arrays.length < 2) return;
  const heads = new Set(arrays.map((path) => path.split('.')[0]));
  if (heads.size > 1 || !arrays.every((path) => path.includes('.')))
    throw new MongoError('CannotIndexParallelArrays', `cannot index parallel arrays [${arrays.join('] [')}]`);
  if (index.unique) throw notHere(`a unique index over several fields of one array (${index.name})`);
}
