import { bsonType, type Doc, isDocument, isTrue } from './bson';
import { encodeKey, equal, rankOf } from './compare';
import { badValue } from './errors';
import { invert, type Index } from './storage/keys';
import type { SortKey } from './sort';
import type { Collection } from './storage/storage';

/** What a filter says of one path, all of it joined by "and". */
interface Conditions {
  points?: unknown[];
  ranges: Range[];
  exists: boolean;
}
/** Bytes of one key's encoding: from `low` (included) to `high` (excluded). */
interface Range {
  low: Buffer;
  high: Buffer;
}
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

const after = (bytes: Buffer) => Buffer.concat([bytes, Buffer.from([0xff])]);
/** The first key behind all that begin with these bytes. */
const behind = (bytes: Buffer): Buffer => {
  let length = bytes.length;
  while (length > 0 && bytes[length - 1] === 0xff) length -= 1;
  if (length === 0) return Buffer.from([0xff]);
  const next = Buffer.from(bytes.subarray(0, length));
  next[length - 1] = (next[length - 1] ?? 0) + 1;
  return next;
};
const wholeRank = (rank: number): Range => ({ low: Buffer.from([rank]), high: Buffer.from([rank + 7]) });
const EVERYTHING: Range = { low: Buffer.alloc(0), high: Buffer.from([0xff]) };

const pointable = (value: unknown) => value !== undefined && !Array.isArray(value) && bsonType(value) !== 11 && bsonType(value) !== 13;
/** Range bounds of an order operator: MongoDB compares only within the operand's own type. */
function rangeOf(operator: string, operand: unknown): Range | undefined {
  const type = bsonType(operand);
  if (operand === null || [-1, 3, 4, 11, 13, 127].includes(type)) return undefined;
  const whole = wholeRank(rankOf(operand));
  const bytes = encodeKey(operand);
  switch (operator) {
    case '$gt':
      return { low: after(bytes), high: whole.high };
    case '$gte':
      return { low: bytes, high: whole.high };
    case '$lt':
      return { low: whole.low, high: bytes };
    case '$lte':
      return { low: whole.low, high: after(bytes) };
    default:
      return undefined;
  }
}

/** Prefix of an anchored, plain regex such as /^abc/: the one kind that an index narrows. */
const anchored = (operand: unknown, options: unknown): Range | undefined => {
  const [pattern, flags] =
    typeof operand === 'string'
      ? [operand, options ?? '']
      : [(operand as { pattern?: string }).pattern ?? '', (operand as { options?: string }).options ?? ''];
  const [, prefix] = /^\^([\w \-@/:]+)/.exec(pattern) ?? [];
  if (prefix === undefined || flags !== '' || /[?*{|]/.test(pattern.slice(prefix.length + 1, prefix.length + 2)) || pattern.includes('|'))
    return undefined;
  const low = Buffer.concat([Buffer.from([0x20]), Buffer.from(prefix, 'utf8')]);
  return { low, high: after(low) };
};

export function conditionsOf(filter: Doc): Map<string, Conditions> {
  const found = new Map<string, Conditions>();
  const at = (path: string) => {
    let conditions = found.get(path);
    if (conditions === undefined) found.set(path, (conditions = { ranges: [], exists: false }));
    return conditions;
  };
  const operators = (path: string, spec: Doc, sameElement: boolean) => {
    const conditions = at(path);
    let joined: Range | undefined;
    for (const [operator, operand] of Object.entries(spec)) {
      if (operator === '$eq' && pointable(operand)) conditions.points ??= [operand];
      else if (operator === '$in' && Array.isArray(operand) && operand.every(pointable)) conditions.points ??= operand;
      else if (operator === '$exists' && isTrue(operand)) conditions.exists = true;
      else if (operator === '$elemMatch' && isDocument(operand) && Object.keys(operand)[0]?.startsWith('$') === true)
        operators(path, operand, true);
      else {
        const range = operator === '$regex' ? anchored(operand, spec.$options) : rangeOf(operator, operand);
        if (range === undefined) continue;
        // On one element both bounds hold together; that is so inside $elemMatch, or where no array was ever indexed.
        if (sameElement && joined !== undefined) {
          if (Buffer.compare(range.low, joined.low) > 0) joined.low = range.low;
          if (Buffer.compare(range.high, joined.high) < 0) joined.high = range.high;
        } else conditions.ranges.push((joined = { ...range }));
      }
    }
  };
  const visit = (part: Doc) => {
    for (const [key, condition] of Object.entries(part)) {
      if (key === '$and' && Array.isArray(condition)) condition.forEach((inner) => visit(inner as Doc));
      else if (key.startsWith('$')) continue;
      else if (isDocument(condition) && Object.keys(condition)[0]?.startsWith('$') === true) operators(key, condition, false);
      else if (bsonType(condition) === 11) operators(key, { $regex: condition }, false);
      else if (pointable(condition)) at(key).points ??= [condition];
    }
  };
  visit(filter);
  return found;
}

const demandsValue = (conditions: Conditions | undefined) =>
  conditions !== undefined &&
  (conditions.exists || conditions.ranges.length > 0 || conditions.points?.every((point) => point !== null) === true);

/** A partial or sparse index may answer only what it holds all of. */
function usable(index: Index, conditions: Map<string, Conditions>): boolean {
  if (index.sparse && !index.keys.some(({ path }) => demandsValue(conditions.get(path)))) return false;
  if (index.partial === undefined) return true;
  return Object.entries(index.partial).every(([path, wanted]) => {
    const given = conditions.get(path);
    if (isDocument(wanted) && Object.keys(wanted)[0]?.startsWith('$') === true)
      return Object.entries(wanted).every(([operator, operand]) =>
        operator === '$exists' && isTrue(operand)
          ? demandsValue(given)
          : operator === '$eq' && given?.points?.every((point) => equal(point, operand)) === true,
      );
    return given?.points !== undefined && given.points.every((point) => equal(point, wanted));
  });
}

const MAX_RANGES = 1_000;

/** One range where no array was met: all bounds hold for the one value. Else only the first bound may be used. */
function rangesOf({ ranges }: Conditions, multikey: boolean): Range[] {
  const [first, ...rest] = ranges;
  if (first === undefined) return [];
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
      bounds = direction === 1 ? ranges : ranges.map(({ low, high }) => ({ low: invert(high), high: behind(invert(low)) }));
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
  const isFixed = (path: string) =>
    conditions.get(path)?.points?.length === 1 && index.keys.slice(0, fixed).some((key) => key.path === path);
  const wanted = sort.filter(({ path }) => !isFixed(path));
  let sign: 1 | -1 | undefined;
  for (const [at, key] of wanted.entries()) {
    const have = index.keys[fixed + at];
    // The id at the end of every entry goes upwards in byte order, and makes a last key of _id come for free.
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
    const ranges = unique.map((low) => ({ low, high: after(low) }));
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
    ranges: ranges.length === 0 ? [EVERYTHING] : ranges,
    reverse: onlyById && first.direction === -1,
    sorted: sort.length === 0 || onlyById,
    repeats: false,
    scan: false,
    score: (ranges.length > 0 ? 6 : 0) + (onlyById ? 5 : 0),
  };
}

/** Chooses how to find what a filter wants in the wanted order. `hint`: an index's name or keys, or `{ $natural: ±1 }`. */
export function choosePlan(collection: Collection, filter: Doc, sort: SortKey[], hint?: unknown): Plan {
  const natural = isDocument(hint) && '$natural' in hint;
  const wholeScan: Plan = { index: undefined, ranges: [EVERYTHING], reverse: false, sorted: sort.length === 0, repeats: false, scan: true };
  if (natural) return wholeScan;
  const conditions = conditionsOf(filter);
  if (hint !== undefined && hint !== '') {
    if (hint === '_id_' || (isDocument(hint) && Object.keys(hint).join() === '_id'))
      return planById(conditions, sort) ?? { ...wholeScan, scan: false };
    const wanted = collection.indexes.find(
      (index) =>
        index.name === hint ||
        (isDocument(hint) &&
          JSON.stringify(Object.fromEntries(index.keys.map(({ path, direction }) => [path, direction]))) ===
            JSON.stringify(Object.fromEntries(Object.entries(hint).map(([path, direction]) => [path, Number(direction)])))),
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
