import { Decimal128, Double, Int32, isOf, Long, type Numeric, toDouble, typeOf } from './bson';

/** An exact decimal: `digits` × 10^`exponent`. */
interface Exact {
  digits: bigint;
  exponent: number;
}
export function exactOf(value: Numeric): Exact {
  if (isOf(value, 'decimal')) return parseDecimal(value.toString());
  if (isOf(value, 'long')) return { digits: value.toBigInt(), exponent: 0 };
  const double = toDouble(value);
  if (Number.isInteger(double)) return { digits: BigInt(double), exponent: 0 };
  return parseDecimal(Decimal128.fromString(double.toPrecision(15).replace(/\.?0+(e|$)/, '$1')).toString());
}
function parseDecimal(text: string): Exact {
  const [, sign = '', whole = '0', fraction = '', exponent = '0'] = /^(-?)(\d*)\.?(\d*)(?:E([+-]?\d+))?$/i.exec(text) ?? [];
  return { digits: BigInt(`${sign}${whole}${fraction}` || '0'), exponent: Number(exponent) - fraction.length };
}
/**
 * A double among decimals counts with 15 digits, trailing zeros included, as MongoDB converts it.
 */
const asDecimal = (value: Numeric): Exact =>
  typeOf(value) === 'double' ? parseDecimal(Decimal128.fromString(toDouble(value).toPrecision(15)).toString()) : exactOf(value);
/** The whole part, exact for every type; undefined for NaN and the infinities. */
export function truncated(value: Numeric): bigint | undefined {
  if (!Number.isFinite(toDouble(value))) return undefined;
  if (typeOf(value) === 'double') return BigInt(Math.trunc(toDouble(value)));
  const { digits, exponent } = exactOf(value);
  return exponent >= 0 ? digits * 10n ** BigInt(exponent) : digits / 10n ** BigInt(-exponent);
}
const toDecimal = ({ digits, exponent }: Exact) => Decimal128.fromStringWithRounding(`${digits}E${exponent}`);

const INT32_MAX = 2_147_483_647n;
const INT64_MAX = (1n << 63n) - 1n;

/**
 * The wider of the two types carries the result; a whole number that outgrows int32 becomes int64,
 * beyond that a failure (undefined).
 */
function arithmetic(
  a: Numeric,
  b: Numeric,
  exact: (a: Exact, b: Exact) => Exact,
  doubles: (a: number, b: number) => number,
  whole: (a: bigint, b: bigint) => bigint,
): Numeric | undefined {
  const types = [typeOf(a), typeOf(b)];
  if (types.includes('decimal')) {
    if (!Number.isFinite(toDouble(a)) || !Number.isFinite(toDouble(b)))
      return Decimal128.fromString(String(doubles(toDouble(a), toDouble(b))));
    return toDecimal(exact(asDecimal(a), asDecimal(b)));
  }
  if (types.includes('double')) return new Double(doubles(toDouble(a), toDouble(b)));
  const result = whole(exactOf(a).digits, exactOf(b).digits);
  if (!types.includes('long') && result <= INT32_MAX && result >= -INT32_MAX - 1n) return new Int32(Number(result));
  return result <= INT64_MAX && result >= -INT64_MAX - 1n ? Long.fromBigInt(result) : undefined;
}

export const add = (a: Numeric, b: Numeric) =>
  arithmetic(
    a,
    b,
    (x, y) => {
      const exponent = Math.min(x.exponent, y.exponent);
      return { digits: x.digits * 10n ** BigInt(x.exponent - exponent) + y.digits * 10n ** BigInt(y.exponent - exponent), exponent };
    },
    (x, y) => x + y,
    (x, y) => x + y,
  );
export const multiply = (a: Numeric, b: Numeric) =>
  arithmetic(
    a,
    b,
    (x, y) => ({ digits: x.digits * y.digits, exponent: x.exponent + y.exponent }),
    (x, y) => x * y,
    (x, y) => x * y,
  );
export const negate = (value: Numeric) => multiply(value, new Int32(-1)) ?? new Double(-toDouble(value));

const QUOTIENT_DIGITS = 40n;
/** As MongoDB divides: decimals to 34 digits, anything else as doubles. The divisor is not zero. */
export function divide(a: Numeric, b: Numeric): Numeric {
  if (typeOf(a) !== 'decimal' && typeOf(b) !== 'decimal') return new Double(toDouble(a) / toDouble(b));
  if (!Number.isFinite(toDouble(a)) || !Number.isFinite(toDouble(b))) return Decimal128.fromString(String(toDouble(a) / toDouble(b)));
  const [x, y] = [asDecimal(a), asDecimal(b)];
  if (x.digits % y.digits === 0n) return toDecimal({ digits: x.digits / y.digits, exponent: x.exponent - y.exponent });
  const scale = QUOTIENT_DIGITS + BigInt(String(y.digits).length);
  const exact = (x.digits * 10n ** scale) / y.digits;
  const text = String(exact).replace(/0+$/, '') || '0';
  return toDecimal({ digits: BigInt(text), exponent: x.exponent - y.exponent - Number(scale) + (String(exact).length - text.length) });
}
/** The mean of `count` numbers of which `values` are partial sums; null of nothing. */
export function average(values: Numeric[], count = values.length): Numeric | null {
  if (count === 0) return null;
  if (values.every((value) => typeOf(value) !== 'decimal'))
    return new Double(values.reduce((sum, value) => sum + toDouble(value), 0) / count);
  const sum = values.reduce<Numeric>((total, value) => add(total, value) ?? new Double(toDouble(total) + toDouble(value)), new Int32(0));
  return divide(sum, new Int32(count));
}

/** A plain number as the type a driver would have sent. */
export const wrap = (value: number): Numeric =>
  Number.isInteger(value) && Math.abs(value) <= 2_147_483_647 && !Object.is(value, -0) ? new Int32(value) : new Double(value);
/** A number as $toDecimal makes it. */
export const toDecimal128 = (value: Numeric): Decimal128 => {
  if (isOf(value, 'decimal')) return value;
  if (!Number.isFinite(toDouble(value))) return Decimal128.fromString(String(toDouble(value)));
  return toDecimal(asDecimal(value));
};
