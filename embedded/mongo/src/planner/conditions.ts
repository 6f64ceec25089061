import { bsonType, type Doc, isDocument, isTrue } from '../bson';
import { encodeKey, rankOf } from '../compare';

/** What a filter says of one path, all of it joined by "and". */
export interface Conditions {
  points?: unknown[];
  ranges: Range[];
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

const pointable = (value: unknown) => value !== undefined && !Array.isArray(value) && bsonType(value) !== 11 && bsonType(value) !== 13;
/** Range bounds of an order operator: MongoDB compares only within the operand's own type. */
export function rangeOf(operator: string, operand: unknown): Range | undefined {
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

export const demandsValue = (conditions: Conditions | undefined) =>
  conditions !== undefined &&
  (conditions.exists || conditions.ranges.length > 0 || conditions.points?.every((point) => point !== null) === true);
