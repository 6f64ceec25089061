import {
  type ByType,
  byType,
  type Decimal128,
  fieldName,
  isObjectId,
  isOf,
  type Long,
  type Numeric,
  toDouble,
  type TypeName,
  typeOf,
} from './bson';
import { badValue, notHere } from './errors';
import { KeyWriter } from './key-writer';
import { exactOf } from './numbers';

/**
 * The one order of values: by type as MongoDB ranks them, then by value. It exists once, as bytes:
 * `encodeKey` writes a value so that comparing bytes compares values. Index keys are these bytes,
 * and `compare` is their comparison, so matching, sorting and index ranges cannot disagree.
 */
export const RANK = {
  minKey: 0x01,
  empty: 0x08,
  null: 0x10,
  number: 0x18,
  string: 0x20,
  object: 0x28,
  array: 0x30,
  binary: 0x38,
  objectId: 0x40,
  bool: 0x48,
  date: 0x50,
  timestamp: 0x58,
  regex: 0x60,
  code: 0x68,
  maxKey: 0xf0,
} as const;

const RANKS: Record<TypeName, number> = {
  minKey: RANK.minKey,
  undefined: RANK.null,
  null: RANK.null,
  double: RANK.number,
  int: RANK.number,
  long: RANK.number,
  decimal: RANK.number,
  string: RANK.string,
  symbol: RANK.string,
  object: RANK.object,
  array: RANK.array,
  binData: RANK.binary,
  objectId: RANK.objectId,
  bool: RANK.bool,
  date: RANK.date,
  timestamp: RANK.timestamp,
  regex: RANK.regex,
  javascript: RANK.code,
  maxKey: RANK.maxKey,
};
export const rankOf = (value: unknown): number => RANKS[typeOf(value)];

const SIGN = 1n << 63n;

function previousDouble(value: number): number {
  if (value === 0) return -Number.MIN_VALUE;
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  view.setBigInt64(0, view.getBigInt64(0) + (value > 0 ? -1n : 1n));
  return view.getFloat64(0);
}
const REMAINDER_BITS = 160n;

/**
 * How far `value` lies above the double `floor`, as a fraction of its distance to the next double.
 * In 160 bits no two decimals of 34 digits fall together.
 */
function remainder(value: Numeric, floor: number, gap: number): bigint {
  const { digits, exponent } = exactOf(value);
  const [numerator, denominator] = exponent >= 0 ? [digits * 10n ** BigInt(exponent), 1n] : [digits, 10n ** BigInt(-exponent)];
  const [floorNumerator, floorDenominator] = asFraction(floor);
  const [gapNumerator, gapDenominator] = asFraction(gap);
  const above = numerator * floorDenominator - floorNumerator * denominator;
  return ((above * gapDenominator) << REMAINDER_BITS) / (denominator * floorDenominator * gapNumerator);
}
function asFraction(value: number): [bigint, bigint] {
  let denominator = 1n;
  let scaled = value;
  while (!Number.isInteger(scaled)) {
    scaled *= 2;
    denominator *= 2n;
  }
  return [BigInt(scaled), denominator];
}

function writeNumber(value: Numeric | number, out: KeyWriter): void {
  const double = toDouble(value);
  const plain = (number: number) => {
    out.double(number);
    out.byte(0);
  };
  if (Number.isNaN(double)) {
    // Below every number, -Infinity too.
    out.uint64(0n);
    return out.byte(0);
  }
  if (isOf(value, 'double') || isOf(value, 'int')) return plain(double);
  if (isOf(value, 'decimal')) {
    if (/^-?inf/i.test(value.toString())) return plain(double);
    const tooSmall = Math.abs(double) < 1e-290 && exactOf(value).digits !== 0n;
    if (tooSmall || !Number.isFinite(double)) throw notHere('a Decimal128 outside the range of a double');
  }
  if (double === 0 || (isOf(value, 'long') && Number.isSafeInteger(double))) return plain(double);
  let floor = double;
  while (compareToDouble(value, floor) < 0) floor = previousDouble(floor);
  const next = floor === double ? nextDouble(floor) : double;
  const rest = remainder(value, floor, next - floor);
  if (rest === 0n) return plain(floor);
  out.double(floor);
  out.byte(1);
  out.put(Buffer.from(rest.toString(16).padStart(40, '0'), 'hex'));
}
const nextDouble = (value: number) => -previousDouble(-value);
function compareToDouble(value: Long | Decimal128, double: number): number {
  const { digits, exponent } = exactOf(value);
  const [numerator, denominator] = asFraction(double);
  const left = exponent >= 0 ? digits * 10n ** BigInt(exponent) * denominator : digits * denominator;
  const right = exponent >= 0 ? numerator : numerator * 10n ** BigInt(-exponent);
  return left < right ? -1 : left > right ? 1 : 0;
}

/** Writes one value so that comparing bytes compares values; none is a prefix of another. */
export function writeValue(value: unknown, out: KeyWriter): void {
  out.byte(rankOf(value));
  byType(PAYLOADS, value, out);
}
const nothing = () => undefined;
const PAYLOADS: ByType<KeyWriter, void> = {
  minKey: nothing,
  undefined: nothing,
  null: nothing,
  double: writeNumber,
  int: writeNumber,
  long: writeNumber,
  decimal: writeNumber,
  string: (value, out) => out.text(value),
  symbol: ({ value }, out) => out.text(value),
  object: (value, out) => {
    for (const key of Object.keys(value)) {
      const field = value[key];
      out.byte(rankOf(field));
      out.text(fieldName(key));
      byType(PAYLOADS, field, out);
    }
    out.byte(0);
  },
  array: (value, out) => {
    for (const element of value) writeValue(element, out);
    out.byte(0);
  },
  binData: ({ buffer, position, sub_type: subtype }, out) => {
    out.uint32(position);
    out.byte(subtype);
    out.put(buffer.subarray(0, position));
  },
  objectId: ({ id }, out) => out.put(id),
  bool: (value, out) => out.byte(value ? 1 : 0),
  date: (value, out) => {
    const ms = value.getTime();
    if (Number.isNaN(ms)) throw badValue('an invalid date cannot be compared');
    out.uint64(BigInt(ms) + SIGN);
  },
  timestamp: (value, out) => out.uint64(value.toBigInt()),
  regex: ({ pattern, options }, out) => {
    out.text(pattern);
    out.text(options);
  },
  javascript: () => {
    throw notHere('comparing JavaScript code');
  },
  maxKey: nothing,
};

const scratch = new KeyWriter();
export function encodeKey(value: unknown): Buffer {
  scratch.truncate(0);
  writeValue(value, scratch);
  return scratch.slice();
}
/** What an empty array leaves in an index: below null. */
export const EMPTY_ARRAY_KEY = Buffer.from([RANK.empty]);

export function compare(a: unknown, b: unknown): number {
  if (typeof a === 'string' && typeof b === 'string') return a === b ? 0 : Buffer.compare(Buffer.from(a), Buffer.from(b));
  if (a instanceof Date && b instanceof Date) return a.getTime() - b.getTime();
  const rankA = rankOf(a);
  const rankB = rankOf(b);
  if (rankA !== rankB) return rankA - rankB;
  const typeA = typeOf(a);
  const typeB = typeOf(b);
  if ((typeA === 'double' || typeA === 'int') && (typeB === 'double' || typeB === 'int')) {
    const x = toDouble(a);
    const y = toDouble(b);
    if (!Number.isNaN(x) && !Number.isNaN(y)) return x < y ? -1 : x > y ? 1 : 0;
  }
  if (isObjectId(a) && isObjectId(b)) return Buffer.compare(a.id, b.id);
  return Buffer.compare(encodeKey(a), encodeKey(b));
}
export const equal = (a: unknown, b: unknown): boolean => compare(a, b) === 0;
