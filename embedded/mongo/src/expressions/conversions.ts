import {
  byType,
  byTypeOr,
  Decimal128,
  Double,
  Int32,
  isNumeric,
  isObjectId,
  isTrue,
  Long,
  type Numeric,
  ObjectId,
  toDouble,
} from '../bson';
import { MongoError, notHere } from '../errors';
import { toDecimal128, truncated } from '../numbers';
import { type Expression, failure, found, missing, type Operator, type Operators } from './expression';
import { eager, named, strict } from './operands';

const fails = (value: unknown, to: string) =>
  new MongoError('ConversionFailure', `Unsupported or failed conversion from ${found(value)} to ${to} in $convert with no onError value`);

const WHOLE = /^[+-]?\d+$/;
const FRACTION = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const whole = (value: unknown, to: 'int' | 'long', bits: number): bigint => {
  let result: bigint | undefined;
  if (isNumeric(value)) result = truncated(value);
  else if (typeof value === 'boolean') result = value ? 1n : 0n;
  else if (value instanceof Date && to === 'long') result = BigInt(value.getTime());
  else if (typeof value === 'string' && value.length < 100 && WHOLE.test(value)) result = BigInt(value.replace('+', ''));
  if (result === undefined || BigInt.asIntN(bits, result) !== result) throw fails(value, to);
  return result;
};
const double = (value: unknown): Double => {
  if (isNumeric(value)) return new Double(toDouble(value));
  if (typeof value === 'boolean') return new Double(value ? 1 : 0);
  if (value instanceof Date) return new Double(value.getTime());
  if (typeof value === 'string' && FRACTION.test(value) && Number.isFinite(Number(value))) return new Double(Number(value));
  throw fails(value, 'double');
};
const decimal = (value: unknown): Numeric => {
  if (isNumeric(value)) return toDecimal128(value);
  if (typeof value === 'boolean') return Decimal128.fromString(value ? '1' : '0');
  if (value instanceof Date) return Decimal128.fromString(String(value.getTime()));
  if (typeof value === 'string' && FRACTION.test(value)) return Decimal128.fromStringWithRounding(value);
  throw fails(value, 'decimal');
};

/** Doubles as MongoDB prints them, as far as JavaScript prints the same. */
const doubleText = (value: number): string => {
  if (Object.is(value, -0)) return '-0';
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity';
  const plain = String(value);
  const digits = plain.replace(/[-.]|e.*$/g, '').replace(/^0+/, '').length;
  if (digits > 15 || (value !== 0 && (Math.abs(value) < 1e-4 || Math.abs(value) >= 1e15)))
    throw notHere('a double of more than 15 digits, or written with an exponent, as a string');
  return plain;
};
const TEXTS = byTypeOr<undefined, string>(
  (value) => {
    throw fails(value, 'string');
  },
  {
    string: (value) => value,
    symbol: ({ value }) => value,
    bool: String,
    double: (value) => doubleText(toDouble(value)),
    int: String,
    long: String,
    decimal: String,
    objectId: (value) => value.toHexString(),
    date: (value) => {
      if (value.getUTCFullYear() < 0 || value.getUTCFullYear() > 9999)
        throw failure('a date outside the years 0 to 9999 as a string', 18537);
      return value.toISOString();
    },
  },
);
/** A value as $toString writes it. */
export const textOf = (value: unknown): string => byType(TEXTS, value, undefined);

const ISO = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,3}))?)?(Z|[+-]\d{2}(?::?\d{2})?)?)?$/;
/**
 * ISO 8601, in UTC where the text names no offset; the other forms that MongoDB reads are refused.
 */
function dateFromText(text: string): Date {
  const [, year = '', month = '', day = '', hour = '0', minute = '0', second = '0', fraction = '', zone = 'Z'] = ISO.exec(text) ?? [];
  if (year === '') throw notHere(`a date written other than in ISO 8601 (${JSON.stringify(text.slice(0, 40))})`);
  const parts = [Number(year), Number(month), Number(day), Number(hour), Number(minute), Number(second)] as const;
  const ms = Date.UTC(parts[0], parts[1] - 1, parts[2], parts[3], parts[4], parts[5], Number(fraction.padEnd(3, '0')));
  const date = new Date(ms);
  if (parts[0] < 100) date.setUTCFullYear(parts[0], parts[1] - 1, parts[2]);
  const kept = [date.getUTCMonth() + 1, date.getUTCDate(), date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()];
  if (kept.some((part, at) => part !== parts[at + 1])) throw fails(text, 'date');
  const [, sign = '+', hours = '0', minutes = '0'] = /^([+-])(\d{2}):?(\d{2})?$/.exec(zone) ?? [];
  const offset = (Number(hours) * 60 + Number(minutes)) * 60_000;
  return new Date(date.getTime() - (sign === '-' ? -offset : offset));
}
const dateFromNumber = (value: Numeric | number): Date => {
  const ms = truncated(typeof value === 'number' ? new Double(value) : value);
  if (ms === undefined || BigInt.asIntN(64, ms) !== ms) throw fails(value, 'date');
  const date = new Date(Number(ms));
  if (Number.isNaN(date.getTime())) throw notHere('a date outside the years -271821 to 275760');
  return date;
};
const DATES_OF = byTypeOr<undefined, Date>(
  (value) => {
    throw fails(value, 'date');
  },
  {
    date: (value) => value,
    objectId: (value) => value.getTimestamp(),
    timestamp: (value) => new Date(value.getHighBitsUnsigned() * 1_000),
    string: dateFromText,
    long: dateFromNumber,
    double: dateFromNumber,
    decimal: dateFromNumber,
  },
);
const dateOf = (value: unknown): Date => byType(DATES_OF, value, undefined);
const objectIdOf = (value: unknown): ObjectId => {
  if (isObjectId(value)) return value;
  if (typeof value !== 'string' || !/^[0-9a-f]{24}$/i.test(value)) throw fails(value, 'objectId');
  return ObjectId.createFromHexString(value);
};

const TO: Record<string, (value: unknown) => unknown> = {
  string: textOf,
  bool: isTrue,
  int: (value) => new Int32(Number(whole(value, 'int', 32))),
  long: (value) => Long.fromBigInt(whole(value, 'long', 64)),
  double,
  decimal,
  date: dateOf,
  objectId: objectIdOf,
};
const conversion = (to: keyof typeof TO): Operator => strict(1, (value) => TO[to]?.(value));

/** `{ input, to, onError, onNull }`; `to` is a constant name. */
const convert: Operator = (operand, { compile }) => {
  const fields = named(operand, '$convert', ['input', 'to'], ['onError', 'onNull']);
  const to = typeof fields.to === 'string' && Object.hasOwn(TO, fields.to) ? TO[fields.to] : undefined;
  if (to === undefined) throw notHere('$convert to anything but the constant name of a type that has a conversion');
  const input = compile(fields.input);
  const optional = (name: string): Expression | undefined => (name in fields ? compile(fields[name]) : undefined);
  const [onError, onNull] = [optional('onError'), optional('onNull')];
  return (scope) => {
    const value = input(scope);
    if (missing(value)) return onNull === undefined ? null : onNull(scope);
    try {
      return to(value);
    } catch (error) {
      if (onError !== undefined && error instanceof MongoError && error.codeName === 'ConversionFailure') return onError(scope);
      throw error;
    }
  };
};

export const CONVERSIONS: Operators = {
  $toString: conversion('string'),
  $type: eager(1, 1, ([value]) => found(value)),
  $toBool: conversion('bool'),
  $toInt: conversion('int'),
  $toLong: conversion('long'),
  $toDouble: conversion('double'),
  $toDecimal: conversion('decimal'),
  $toDate: conversion('date'),
  $toObjectId: conversion('objectId'),
  $convert: convert,
};
