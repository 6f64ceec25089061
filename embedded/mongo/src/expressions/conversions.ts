import { Decimal128, Double, Int32, isNumeric, isTrue, Long, type Numeric, ObjectId, toDouble, typeName } from '../bson';
import { MongoError } from '../errors';
import { truncated } from '../numbers';
import { listOf, type Operator, strict } from './operator';

const fails = (value: unknown, to: string) =>
  new MongoError(
    241,
    'ConversionFailure',
    `Unsupported or failed conversion from ${typeName(value)} to ${to} in $convert with no onError value`,
  );
const asNumber = (value: unknown, to: string): Numeric => {
  if (isNumeric(value)) return value;
  if (typeof value === 'boolean') return new Int32(value ? 1 : 0);
  if (value instanceof Date && to !== 'int') return Long.fromNumber(value.getTime());
  if (typeof value === 'string' && /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(value)) {
    if (to === 'int' || to === 'long') {
      if (!/^[+-]?\d+$/.test(value)) throw fails(value, to);
      return Decimal128.fromString(value);
    }
    return to === 'decimal' ? Decimal128.fromString(value) : new Double(Number(value));
  }
  throw fails(value, to);
};
const whole = (value: unknown, to: 'int' | 'long', bits: number) => {
  const found = truncated(asNumber(value, to));
  if (found === undefined || BigInt.asIntN(bits, found) !== found) throw fails(value, to);
  return found;
};

export const CONVERSIONS: Record<string, Operator> = {
  $toString: strict('$toString', 1, (value) =>
    value instanceof Date
      ? value.toISOString()
      : isNumeric(value)
        ? (value as { toString(): string }).toString()
        : value instanceof ObjectId
          ? value.toHexString()
          : String(value),
  ),
  $type: (operand, run) => {
    const value = run(listOf(operand)[0]);
    return value === undefined ? 'missing' : typeName(value);
  },
  $isNumber: (operand, run) => isNumeric(run(listOf(operand)[0])),
  $toBool: strict('$toBool', 1, isTrue),
  $toInt: strict('$toInt', 1, (value) => new Int32(Number(whole(value, 'int', 32)))),
  $toLong: strict('$toLong', 1, (value) => Long.fromBigInt(whole(value, 'long', 64))),
  $toDouble: strict('$toDouble', 1, (value) => new Double(toDouble(asNumber(value, 'double')))),
  $toDate: strict('$toDate', 1, (value) => {
    if (value instanceof Date) return value;
    if (value instanceof ObjectId) return value.getTimestamp();
    const ms = typeof value === 'string' ? Date.parse(value) : isNumeric(value) && typeName(value) !== 'int' ? toDouble(value) : NaN;
    if (Number.isNaN(ms)) throw fails(value, 'date');
    return new Date(Math.trunc(ms));
  }),
  $toObjectId: strict('$toObjectId', 1, (value) => {
    if (value instanceof ObjectId) return value;
    if (typeof value !== 'string' || !/^[0-9a-f]{24}$/i.test(value)) throw fails(value, 'objectId');
    return ObjectId.createFromHexString(value);
  }),
};
