import { Double, Int32, isArray, isNumberType, isNumeric, isOf, Long, type Numeric, toDouble, typeOf } from '../bson';
import { compare } from '../compare';
import { notHere } from '../errors';
import { add, average, divide, multiply, negate, truncated, wrap } from '../numbers';
import { type Expression, failure, found, missing, type Operator, type Operators } from './expression';
import { eager, list, number, strict } from './operands';

const isDecimal = (value: unknown) => typeOf(value) === 'decimal';
const noDecimal = (operator: string, ...values: unknown[]) => {
  if (values.some(isDecimal)) throw notHere(`${operator} of Decimal128`);
};

/**
 * Whole numbers stay as they are, doubles are rounded by `apply`; a number of places other than 0
 * is refused.
 */
const round = (operator: string, most: number, apply: (value: number) => number): Operator =>
  eager(1, most, ([value, place = new Int32(0)]) => {
    if (missing(value) || missing(place)) return null;
    if (!isNumeric(place) || toDouble(place) !== 0) throw notHere(`${operator} to a number of places`);
    noDecimal(operator, value);
    return typeOf(value) === 'double' ? new Double(apply(toDouble(value))) : number(value, operator);
  });
/** To the nearest whole number; halves go to the even one. */
const halfToEven = (value: number): number => {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return rest < 0.5 ? floor : Math.ceil(value);
  return floor % 2 === 0 ? floor : floor + 1;
};

/**
 * The operand's values: of a single operand that is an array, its elements; of several, each is a
 * value.
 */
const values =
  (apply: (values: unknown[]) => unknown): Operator =>
  (operand, compiler) => {
    const parts = list(operand, compiler, 0, Infinity);
    const [only] = parts;
    if (parts.length !== 1 || only === undefined) return (scope) => apply(parts.map((part) => part(scope)));
    return (scope) => {
      const value = only(scope);
      return apply(isArray(value) ? value : [value]);
    };
  };
const extreme = (sign: number): Operator =>
  values(
    (given) =>
      given
        .filter((value) => !missing(value))
        .reduce<unknown>((best, value) => (best === undefined || compare(value, best) * sign > 0 ? value : best), undefined) ?? null,
  );
export const sum = (total: Numeric, value: Numeric): Numeric => add(total, value) ?? new Double(toDouble(total) + toDouble(value));

const root = (operator: string, code: number, allowed: (value: number) => boolean, apply: (value: number) => number): Operator =>
  strict(1, (value) => {
    noDecimal(operator, value);
    const double = toDouble(number(value, operator));
    if (!allowed(double) && !Number.isNaN(double)) throw failure(`${operator}'s argument is out of its range, but is ${double}`, code);
    return new Double(apply(double));
  });

const MAX_DATE_MS = 8.64e15;
/** A date moved by whole milliseconds. */
const moved = (date: Date, by: number, operator: string): Date => {
  if (!Number.isInteger(by)) throw notHere(`${operator} of a date and a number that is not whole`);
  if (Math.abs(date.getTime() + by) > MAX_DATE_MS) throw notHere('a date outside the years -271821 to 275760');
  return new Date(date.getTime() + by);
};

function addAll(parts: Expression[]): Expression {
  return (scope) => {
    let total: Numeric = wrap(0);
    let date: Date | undefined;
    for (const part of parts) {
      const value = part(scope);
      if (missing(value)) return null;
      if (value instanceof Date) {
        if (date !== undefined) throw failure('only one date allowed in an $add expression', 16612);
        date = value;
      } else if (isNumeric(value)) total = sum(total, value);
      else throw failure(`$add only supports numeric or date types, not ${found(value)}`, 16554);
    }
    return date === undefined ? total : moved(date, toDouble(total), '$add');
  };
}

/** int or long where the result fits, else a double. */
function power(base: Numeric, exponent: Numeric): Numeric {
  noDecimal('$pow', base, exponent);
  const [x, y] = [toDouble(base), toDouble(exponent)];
  if (x === 0 && y < 0) throw failure('$pow cannot take a base of 0 and a negative exponent', 28764);
  if (typeOf(base) === 'double' || typeOf(exponent) === 'double' || y < 0) return new Double(x ** y);
  const small = Math.abs(x) <= 1 || y <= 63;
  const exact = small ? (truncated(base) ?? 0n) ** (Math.abs(x) <= 1 ? BigInt(y % 2 === 0 ? Math.min(y, 2) : 1) : BigInt(y)) : undefined;
  if (exact === undefined || BigInt.asIntN(64, exact) !== exact) return new Double(x ** y);
  const long = typeOf(base) === 'long' || typeOf(exponent) === 'long' || BigInt.asIntN(32, exact) !== exact;
  return long ? Long.fromBigInt(exact) : new Int32(Number(exact));
}

export const ARITHMETIC: Operators = {
  $add: (operand, compiler) => addAll(list(operand, compiler, 0, Infinity)),
  $multiply: (operand, compiler) => {
    const parts = list(operand, compiler, 0, Infinity);
    return (scope) => {
      let product: Numeric = wrap(1);
      for (const part of parts) {
        const value = part(scope);
        if (missing(value)) return null;
        if (!isNumeric(value)) throw failure(`$multiply only supports numeric types, not ${found(value)}`, 16555);
        product = multiply(product, value) ?? new Double(toDouble(product) * toDouble(value));
      }
      return product;
    };
  },
  $subtract: strict(2, (a, b) => {
    if (a instanceof Date && b instanceof Date) return Long.fromNumber(a.getTime() - b.getTime());
    if (a instanceof Date) return moved(a, -toDouble(number(b, '$subtract')), '$subtract');
    const [x, y] = [number(a, '$subtract'), number(b, '$subtract')];
    return add(x, negate(y)) ?? new Double(toDouble(x) - toDouble(y));
  }),
  $divide: strict(2, (a, b) => {
    const [x, y] = [number(a, '$divide'), number(b, '$divide')];
    if (toDouble(y) === 0) throw failure("can't $divide by zero", 2);
    return divide(x, y);
  }),
  $mod: strict(2, (a, b) => {
    const [x, y] = [number(a, '$mod'), number(b, '$mod')];
    noDecimal('$mod', x, y);
    if (toDouble(y) === 0) throw failure("can't $mod by zero", 16610);
    if (typeOf(x) === 'double' || typeOf(y) === 'double') return new Double(toDouble(x) % toDouble(y));
    const rest = (truncated(x) ?? 0n) % (truncated(y) ?? 1n);
    return typeOf(x) === 'long' || typeOf(y) === 'long' ? Long.fromBigInt(rest) : new Int32(Number(rest));
  }),
  $pow: strict(2, (a, b) => power(number(a, '$pow'), number(b, '$pow'))),
  $sqrt: root('$sqrt', 28714, (value) => value >= 0, Math.sqrt),
  $ln: root('$ln', 28766, (value) => value > 0, Math.log),
  $log10: root('$log10', 28761, (value) => value > 0, Math.log10),
  $exp: root('$exp', 0, () => true, Math.exp),
  $abs: strict(1, (given) => {
    const value = number(given, '$abs');
    if (typeOf(value) === 'double') return new Double(Math.abs(toDouble(value)));
    if (isOf(value, 'long') && value.eq(Long.MIN_VALUE)) throw failure("can't take $abs of long long min", 28680);
    return toDouble(value) < 0 ? negate(value) : value;
  }),
  $floor: round('$floor', 1, Math.floor),
  $ceil: round('$ceil', 1, Math.ceil),
  $trunc: round('$trunc', 2, Math.trunc),
  $round: round('$round', 2, halfToEven),
  $min: extreme(-1),
  $max: extreme(1),
  $sum: values((given) => given.filter(isNumeric).reduce<Numeric>(sum, wrap(0))),
  $avg: values((given) => average(given.filter(isNumeric))),
  $isNumber: eager(1, 1, ([value]) => isNumberType(typeOf(value)) && value !== undefined),
};
