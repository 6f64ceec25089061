import type { Binary, BSONRegExp, BSONSymbol, Code, Decimal128, Double, Int32, Long, MaxKey, MinKey, ObjectId, Timestamp } from 'bson';
import { TYPE_CODES, type TypeName } from './types';

/** A document with its types kept: numbers are Int32, Double, Long or Decimal128 objects. */
export type Doc = Record<string, unknown>;
export type Numeric = Int32 | Double | Long | Decimal128;

/** What a value of each type is in memory. */
export interface ValueOf {
  double: Double | number;
  string: string;
  object: Doc;
  array: unknown[];
  binData: Binary;
  undefined: undefined;
  objectId: ObjectId;
  bool: boolean;
  date: Date;
  null: null;
  regex: BSONRegExp;
  javascript: Code;
  symbol: BSONSymbol;
  int: Int32;
  timestamp: Timestamp;
  long: Long;
  decimal: Decimal128;
  minKey: MinKey;
  maxKey: MaxKey;
}

const TAGGED: Record<string, TypeName> = {
  Double: 'double',
  Int32: 'int',
  Long: 'long',
  Timestamp: 'timestamp',
  Decimal128: 'decimal',
  ObjectId: 'objectId',
  Binary: 'binData',
  BSONRegExp: 'regex',
  Code: 'javascript',
  BSONSymbol: 'symbol',
  MinKey: 'minKey',
  MaxKey: 'maxKey',
};

/** A value's type by MongoDB's name for it; `undefined` stands for no value at all. */
export function typeOf(value: unknown): TypeName {
  switch (typeof value) {
    case 'string':
      return 'string';
    case 'boolean':
      return 'bool';
    case 'number':
      return 'double';
    case 'undefined':
      return 'undefined';
    default:
  }
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (value instanceof Date) return 'date';
  const tag = typeof value === 'object' && '_bsontype' in value ? value._bsontype : undefined;
  return typeof tag === 'string' ? (TAGGED[tag] ?? 'object') : 'object';
}
export const isOf = <T extends TypeName>(value: unknown, type: T): value is ValueOf[T] => typeOf(value) === type;
export const isArray = (value: unknown): value is unknown[] => Array.isArray(value);

export const isTypeName = (name: string): name is TypeName => Object.hasOwn(TYPE_CODES, name);
export const isNumberType = (type: TypeName): boolean => type === 'int' || type === 'double' || type === 'long' || type === 'decimal';
export const isNumeric = (value: unknown): value is Numeric =>
  typeof value === 'object' && value !== null && '_bsontype' in value && isNumberType(typeOf(value));
export const isObjectId = (value: unknown): value is ObjectId => isOf(value, 'objectId');
export const isRegExp = (value: unknown): value is BSONRegExp => isOf(value, 'regex');
export const isDocument = (value: unknown): value is Doc => typeof value === 'object' && typeOf(value) === 'object';

/** The nearest double; for whole numbers beyond 2^53 and for decimals that is an approximation. */
export function toDouble(value: unknown): number {
  if (typeof value === 'number') return value;
  const type = typeOf(value);
  if (type === 'int' || type === 'double') return Number(value);
  if (isOf(value, 'long')) return value.toNumber();
  return type === 'decimal' ? Number(String(value)) : NaN;
}
/** Whether a value counts as true, as an operand or in an expression. */
export const isTrue = (value: unknown): boolean =>
  value !== undefined && value !== null && value !== false && !(isNumeric(value) && toDouble(value) === 0);
/** Whether a condition or an expression is an object of operators, e.g. `{ $gt: 1 }`. */
export const firstKey = (doc: Doc): string | undefined => {
  for (const key in doc) if (Object.hasOwn(doc, key)) return key;
  return undefined;
};
