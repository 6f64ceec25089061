import { type Doc, fieldsOf, isDocument, toDouble } from '../bson';
import { encodeKey } from '../compare';
import { badValue, failedToParse } from '../errors';
import { naturalOrder, type SortKey } from '../sort';
import { invert, type Index, isGeoKind, shownDirection } from '../storage/keys';
import type { Collection } from '../storage/storage';
import { after, behind, type Conditions, conditionsOf, EVERYTHING, type Range } from './conditions';
import { usable } from './usable';

export interface Plan {
  /** undefined: the documents themselves, by _id. */
  index: Index | undefined;
  ranges: Range[];
  reverse: boolean;
  /** The scan yields the wanted order already. */
  sorted: boolean;
  /** A document may come more than once. */
  repeats: boolean;
  scan: boolean;
}

const MAX_RANGES = 1_000;

/**
 * One range where no array was met: all bounds hold for the one value. Else only the first bound
 * may be used.
 */
function rangesOf({ ranges, either }: Conditions, multikey: boolean): Range[] {
  const [first, ...rest] = ranges;
  if (first === undefined) return either ?? [];
  if (multikey) return [first];
  const joined = { ...first };
  for (const range of rest) {
    if (Buffer.compare(range.low, joined.low) > 0) joined.low = range.low;
    if (Buffer.compare(range.high, joined.high) < 0) joined.high = range.high;
  }
  return [joined];
}

interface Candidate extends Plan {
  score: number;
}

function planFor(index: Index, conditions: Map<string, Conditions>, sort: SortKey[]): Candidate | undefined {
  if (!usable(index, conditions)) return undefined;
  let prefixes: Buffer[] = [Buffer.alloc(0)];
  let bounds: Range[] | undefined;
  let fixed = 0;
  let severalPoints = false;
  for (const [at, { path, direction }] of index.keys.entries()) {
    const condition = conditions.get(path);
    const encodePoint = (point: unknown) => (direction === 1 ? encodeKey(point) : invert(encodeKey(point)));
    if (condition?.points !== undefined && prefixes.length * condition.points.length <= MAX_RANGES) {
      const points = condition.points
        .map(encodePoint)
        .sort(Buffer.compare)
        .filter((point, position, all) => position === 0 || !point.equals(all[position - 1] as Buffer));
      if (points.length !== 1) severalPoints = true;
      prefixes = prefixes.flatMap((prefix) => points.map((point) => Buffer.concat([prefix, point])));
      fixed += 1;
      continue;
    }
    const ranges = condition === undefined ? [] : rangesOf(condition, index.multikey[at] === true);
    if (ranges.length > 0)
      bounds = direction === 1 ? ranges : [...ranges].reverse().map(({ low, high }) => ({ low: invert(high), high: behind(invert(low)) }));
    break;
  }
  const order = orderOf(index, sort, fixed, conditions, severalPoints);
  const ranges = prefixes.flatMap((prefix) =>
    (bounds ?? [EVERYTHING]).map(({ low, high }) => ({ low: Buffer.concat([prefix, low]), high: Buffer.concat([prefix, high]) })),
  );
  const score =
    fixed * 10 +
    (bounds === undefined ? 0 : 6) +
    (order !== undefined && sort.length > 0 ? 5 : 0) +
    (index.unique && fixed === index.keys.length ? 50 : 0);
  if (fixed === 0 && bounds === undefined && (order === undefined || sort.length === 0)) return undefined;
  return { index, ranges, reverse: order === -1, sorted: order !== undefined, repeats: index.multikey.some(Boolean), scan: false, score };
}
/** 1 or -1: the scan, in that direction, yields the wanted order; undefined: it does not. */
function orderOf(
  index: Index,
  sort: SortKey[],
  fixed: number,
  conditions: Map<string, Conditions>,
  severalPoints: boolean,
): 1 | -1 | undefined {
  if (sort.length === 0) return 1;
  if (severalPoints) return undefined;
  // An array that holds the fixed value is sorted by its least or greatest element all the same.
  const isFixed = (path: string) =>
    conditions.get(path)?.points?.length === 1 &&
    index.keys.slice(0, fixed).some((key, at) => key.path === path && index.multikey[at] !== true);
  const wanted = sort.filter(({ path }) => !isFixed(path));
  let sign: 1 | -1 | undefined;
  for (const [at, key] of wanted.entries()) {
    const have = index.keys[fixed + at];
    // The id at the end of every entry goes upwards in byte order, and makes a last key of _id come
    // for free.
    if (have === undefined)
      return key.path === '_id' &&
        at === wanted.length - 1 &&
        fixed + at === index.keys.length &&
        (sign === undefined || sign === key.direction)
        ? (sign ?? key.direction)
        : undefined;
    if (have.path !== key.path || index.multikey[fixed + at] === true) return undefined;
    const needs = have.direction === key.direction ? 1 : -1;
    if (sign !== undefined && sign !== needs) return undefined;
    sign = needs;
  }
  return sign ?? 1;
}

/** The _id "index" is the order of the documents themselves. */
function planById(conditions: Map<string, Conditions>, sort: SortKey[]): Candidate | undefined {
  const condition = conditions.get('_id');
  const [first] = sort;
  const onlyById = first?.path === '_id' && sort.length === 1;
  const points = condition?.points;
  if (points !== undefined) {
    const keys = points.map((point) => encodeKey(point)).sort(Buffer.compare);
    const unique = keys.filter((key, at) => at === 0 || !key.equals(keys[at - 1] as Buffer));
    const ranges = unique.map((low): Range => ({ low, high: after(low), single: true }));
    return {
      index: undefined,
      ranges: onlyById && first.direction === -1 ? ranges.reverse() : ranges,
      reverse: onlyById && first.direction === -1,
      sorted: sort.length === 0 || onlyById || unique.length <= 1,
      repeats: false,
      scan: false,
      score: 1_000,
    };
  }
  const ranges = condition === undefined ? [] : rangesOf(condition, false);
  if (ranges.length === 0 && !onlyById) return undefined;
  return {
    index: undefined,
    ranges: ranges.length === 0 ? [EVERYTHING] : onlyById && first.direction === -1 ? [...ranges].reverse() : ranges,
    reverse: onlyById && first.direction === -1,
    sorted: sort.length === 0 || onlyById,
    repeats: false,
    scan: false,
    score: (ranges.length > 0 ? 6 : 0) + (onlyById ? 5 : 0),
  };
}

/**
 * Chooses how to find what a filter wants in the wanted order. `hint`: an index's name or keys, or
 * `{ $natural: ±1 }`.
 */
export function choosePlan(collection: Collection, filter: Doc, sort: SortKey[], hint?: unknown, natural?: 1 | -1): Plan {
  const order = natural ?? naturalOrder(hint);
  const wholeScan: Plan = {
    index: undefined,
    ranges: [EVERYTHING],
    reverse: order === -1,
    sorted: sort.length === 0,
    repeats: false,
    scan: true,
  };
  if (order !== undefined) return wholeScan;
  const conditions = conditionsOf(filter);
  if (hint !== undefined && hint !== '') {
    if (typeof hint !== 'string' && !isDocument(hint)) throw failedToParse('Hint must be a string or an object');
    if (hint === '_id_' || (isDocument(hint) && Object.keys(hint).join() === '_id'))
      return planById(conditions, sort) ?? { ...wholeScan, scan: false };
    const wanted = collection.indexes.find(
      (index) =>
        index.name === hint ||
        (isDocument(hint) &&
          JSON.stringify(index.keys.map((key) => [key.path, shownDirection(key)])) ===
            JSON.stringify(fieldsOf(hint).map(([path, direction]) => [path, isGeoKind(direction) ? direction : toDouble(direction)]))),
    );
    if (wanted === undefined)
      throw badValue(
        'error processing query: planner returned error :: caused by :: hint provided does not correspond to an existing index',
      );
    const plan = planFor(wanted, conditions, sort);
    if (plan !== undefined) return plan;
    if (usable(wanted, conditions))
      return {
        index: wanted,
        ranges: [EVERYTHING],
        reverse: false,
        sorted: sort.length === 0,
        repeats: wanted.multikey.some(Boolean),
        scan: false,
      };
    return wholeScan;
  }
  let best: Candidate | undefined = planById(conditions, sort);
  for (const index of collection.indexes) {
    const candidate = planFor(index, conditions, sort);
    if (candidate !== undefined && (best === undefined || candidate.score > best.score)) best = candidate;
  }
  return best ?? wholeScan;
}
