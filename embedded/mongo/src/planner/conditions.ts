import { type BSONRegExp, type Doc, fieldsOf, isArray, isDocument, isRegExp, isTrue, type TypeName, typeOf } from '../bson';
import { encodeKey, RANK, rankOf } from '../compare';
import { isOperators } from '../filter/leaves';
import { literalPrefix, regexOf } from '../regex';

/** What a filter says of one path, all of it joined by "and". */
export interface Conditions {
  /** The value is one of these. */
  points?: unknown[];
  ranges: Range[];
  /** The value lies in one of these, in the order of values. */
  either?: Range[];
  exists: boolean;
}
/** Bytes of one key's encoding: from `low` (included) to `high` (excluded). */
export interface Range {
  low: Buffer;
  high: Buffer;
  /** `low` is a whole `_id`: at most one document lies here, and is read without a cursor. */
  single?: true;
}
export const after = (bytes: Buffer) => Buffer.concat([bytes, Buffer.from([0xff])]);
/** The first key behind all that begin with these bytes. */
export const behind = (bytes: Buffer): Buffer => {
  let length = bytes.length;
  while (length > 0 && bytes[length - 1] === 0xff) length -= 1;
  if (length === 0) return Buffer.from([0xff]);
  const next = Buffer.from(bytes.subarray(0, length));
  next[length - 1] = (next[length - 1] ?? 0) + 1;
  return next;
};
const wholeRank = (rank: number): Range => ({ low: Buffer.from([rank]), high: Buffer.from([rank + 7]) });
export const EVERYTHING: Range = { low: Buffer.alloc(0), high: Buffer.from([0xff]) };

const NO_POINTS: TypeName[] = ['undefined', 'array', 'regex', 'javascript'];
const pointable = (value: unknown) => !NO_POINTS.includes(typeOf(value));
/** Types whose order operators have no range of their own. */
const NO_RANGES: TypeName[] = ['null', 'minKey', 'maxKey', 'object', 'array', 'regex', 'javascript'];
/** Range bounds of an order operator: MongoDB compares only within the operand's own type. */
export function rangeOf(operator: string, operand: unknown): Range | undefined {
  if (NO_RANGES.includes(typeOf(operand))) return undefined;
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

/**
 * Where the values lie that a regular expression with a literal prefix matches: texts, and that
 * expression itself.
 */
const anchored = (regex: Pick<BSONRegExp, 'pattern' | 'options'>): Range[] | undefined => {
  const prefix = literalPrefix(regex);
  if (prefix === '' || prefix.includes('\0')) return undefined;
  const low = Buffer.concat([Buffer.from([RANK.string]), Buffer.from(prefix, 'utf8')]);
  return [{ low, high: after(low) }, wholeRank(RANK.regex)];
};

const addPrefix = (conditions: Conditions, regex: Pick<BSONRegExp, 'pattern' | 'options'>) => {
  const ranges = anchored(regex);
  if (ranges !== undefined) conditions.either ??= ranges;
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
      // Below a second $elemMatch are elements of elements, which no entry stands for.
      else if (operator === '$elemMatch' && !sameElement && isOperators(operand)) operators(path, operand, true);
      else if (operator === '$regex') addPrefix(conditions, regexOf(operand, spec.$options));
      else {
        const range = rangeOf(operator, operand);
        if (range === undefined) continue;
        // On one element both bounds hold together; that is so inside $elemMatch, or where no array
        // was ever indexed.
        if (sameElement && joined !== undefined) {
          if (Buffer.compare(range.low, joined.low) > 0) joined.low = range.low;
          if (Buffer.compare(range.high, joined.high) < 0) joined.high = range.high;
        } else conditions.ranges.push((joined = { ...range }));
      }
    }
  };
  const visit = (part: Doc) => {
    for (const [key, condition] of fieldsOf(part)) {
      if (key === '$and' && isArray(condition)) condition.filter(isDocument).forEach(visit);
      else if (key.startsWith('$')) continue;
      else if (isOperators(condition)) operators(key, condition, false);
      else if (isRegExp(condition)) operators(key, { $regex: condition }, false);
      else if (pointable(condition)) at(key).points ??= [condition];
    }
  };
  visit(filter);
  return found;
}

export const demandsValue = (conditions: Conditions | undefined) =>
  conditions !== undefined &&
  (conditions.exists ||
    conditions.ranges.length > 0 ||
    conditions.either !== undefined ||
    conditions.points?.every((point) => point !== null) === true);
