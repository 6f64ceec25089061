import { BSON, Binary, BSONRegExp, type BSONSymbol, Decimal128, Double, Int32, Long, MaxKey, MinKey, ObjectId, Timestamp } from 'bson';

/** A document with its types kept: numbers are Int32, Double, Long or Decimal128 objects, never plain. */
export type Doc = Record<string, unknown>;
export type Numeric = Int32 | Double | Long | Decimal128;

const KEEP_TYPES = {
  promoteValues: false,
  promoteLongs: false,
  promoteBuffers: false,
  bsonRegExp: true,
  validation: { utf8: false },
} as const;

export const decode = (raw: Uint8Array): Doc => BSON.deserialize(raw, KEEP_TYPES);
export const encode = (doc: Doc): Buffer => {
  const bytes = BSON.serialize(doc, { ignoreUndefined: false });
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
};

const tag = (value: object) => (value as { _bsontype?: string })._bsontype;
export const isNumeric = (value: unknown): value is Numeric => {
  if (typeof value !== 'object' || value === null) return false;
  const type = tag(value);
  return type === 'Int32' || type === 'Double' || type === 'Long' || type === 'Decimal128';
};
export const isObjectId = (value: unknown): value is ObjectId => typeof value === 'object' && value !== null && tag(value) === 'ObjectId';
export const isRegExp = (value: unknown): value is BSONRegExp => typeof value === 'object' && value !== null && tag(value) === 'BSONRegExp';
export const isDocument = (value: unknown): value is Doc =>
  typeof value === 'object' && value !== null && tag(value) === undefined && !Array.isArray(value) && !(value instanceof Date);

/** BSON's number for a value's type; -1 for MinKey. */
export function bsonType(value: unknown): number {
  if (value === null) return 10;
  if (value === undefined) return 6;
  if (typeof value === 'string') return 2;
  if (typeof value === 'boolean') return 8;
  if (typeof value === 'number') return 1;
  if (Array.isArray(value)) return 4;
  if (value instanceof Date) return 9;
  switch (tag(value)) {
    case 'Double':
      return 1;
    case 'Int32':
      return 16;
    case 'Long':
      return 18;
    case 'Timestamp':
      return 17;
    case 'Decimal128':
      return 19;
    case 'ObjectId':
      return 7;
    case 'Binary':
      return 5;
    case 'BSONRegExp':
      return 11;
    case 'Code':
      return 13;
    case 'BSONSymbol':
      return 14;
    case 'MinKey':
      return -1;
    case 'MaxKey':
      return 127;
    default:
      return 3;
  }
}
export const TYPE_NAMES: Record<string, number> = {
  double: 1,
  string: 2,
  object: 3,
  array: 4,
  binData: 5,
  undefined: 6,
  objectId: 7,
  bool: 8,
  date: 9,
  null: 10,
  regex: 11,
  javascript: 13,
  symbol: 14,
  int: 16,
  timestamp: 17,
  long: 18,
  decimal: 19,
  minKey: -1,
  maxKey: 127,
};
export const typeName = (value: unknown) => Object.keys(TYPE_NAMES).find((name) => TYPE_NAMES[name] === bsonType(value)) ?? 'object';

/** The nearest double; for whole numbers beyond 2^53 and decimals that is an approximation. */
export function toDouble(value: unknown): number {
  if (typeof value === 'number') return value;
  switch (bsonType(value)) {
    case 18:
      return (value as Long).toNumber();
    case 19:
      return Number((value as Decimal128).toString());
    default:
      return Number((value as Int32 | Double).value);
  }
}
/** An option that must be a whole number, e.g. limit. */
export const toInteger = (value: unknown, fallback: number): number =>
  isNumeric(value) || typeof value === 'number' ? Math.trunc(toDouble(value)) : fallback;
export const isTrue = (value: unknown): boolean =>
  value !== undefined && value !== null && value !== false && !(isNumeric(value) && toDouble(value) === 0);

export { Binary, BSONRegExp, type BSONSymbol, Decimal128, Double, Int32, Long, MaxKey, MinKey, ObjectId, Timestamp };
