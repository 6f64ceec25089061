import { bsonType, Double, Int32, isNumeric, Long, type Numeric, toDouble } from '../bson';
import { compare } from '../compare';
import { notHere } from '../errors';
import { add, average, divide, multiply, negate, truncated, wrap } from '../numbers';
import { type Evaluate, failure, listOf, missing, number, type Operator, strict } from './operator';

const round = (operator: string, apply: (value: number) => number): Operator =>
  strict(operator, 1, (value) => {
    if (bsonType(value) === 19) throw notHere(`${operator} of Decimal128`);
    return bsonType(value) === 1 ? new Double(apply(toDouble(value))) : number(value, operator);
  });
const fold =
  (operator: string, start: Numeric, step: (a: Numeric, b: Numeric) => Numeric | undefined): Operator =>
  (operand, run) => {
    let total: Numeric = start;
    for (const part of listOf(operand)) {
      const value = run(part);
      if (missing(value)) return null;
      total = step(total, number(value, operator)) ?? wrap(toDouble(total) + toDouble(value));
    }
    return total;
  };
/** One operand that is an array stands for its elements; several are each a value. */
const operandsOf = (operand: unknown, run: Evaluate): unknown[] => {
  if (Array.isArray(operand)) return operand.map((part) => run(part));
  const value = run(operand);
  return Array.isArray(value) ? (value as unknown[]) : [value];
};
const extreme =
  (sign: number): Operator =>
  (operand, run) =>
    operandsOf(operand, run)
      .filter((value) => !missing(value))
      .reduce<unknown>((best, value) => (best === undefined || compare(value, best) * sign > 0 ? value : best), undefined) ?? null;
const root = (operator: string, apply: (value: number) => number): Operator =>
  strict(operator, 1, (value) => {
    if (bsonType(value) === 19) throw notHere(`${operator} of Decimal128`);
    const double = toDouble(number(value, operator));
    if (operator !== '$exp' && (double < 0 || (operator === '$ln' && double === 0)))
      throw failure(
        `${operator}'s argument must be greater than ${operator === '$ln' ? '' : 'or equal to '}0`,
        operator === '$ln' ? 28766 : 28714,
      );
    return new Double(apply(double));
  });

export const ARITHMETIC: Record<string, Operator> = {
  $add: (operand, run) => {
    const values = listOf(operand).map((part) => run(part));
    if (values.some(missing)) return null;
    const date = values.find((value) => value instanceof Date);
    const numbers = values.filter((value) => !(value instanceof Date)).map((value) => number(value, '$add'));
    if (date !== undefined) return new Date(date.getTime() + numbers.reduce((sum, value) => sum + toDouble(value), 0));
    return numbers.reduce<Numeric>((sum, value) => add(sum, value) ?? wrap(toDouble(sum) + toDouble(value)), wrap(0));
  },
  $multiply: fold('$multiply', wrap(1), multiply),
  $subtract: strict('$subtract', 2, (a, b) => {
    if (a instanceof Date && b instanceof Date) return Long.fromNumber(a.getTime() - b.getTime());
    if (a instanceof Date) return new Date(a.getTime() - toDouble(number(b, '$subtract')));
    const [x, y] = [number(a, '$subtract'), number(b, '$subtract')];
    return add(x, negate(y)) ?? new Double(toDouble(x) - toDouble(y));
  }),
  $divide: strict('$divide', 2, (a, b) => {
    if (toDouble(number(b, '$divide')) === 0) throw failure("can't $divide by zero", 2);
    return divide(number(a, '$divide'), b as Numeric);
  }),
  $mod: strict('$mod', 2, (a, b) => {
    const types = [bsonType(number(a, '$mod')), bsonType(number(b, '$mod'))];
    if (toDouble(b) === 0) throw failure("can't $mod by zero", 16610);
    if (types.includes(19)) throw notHere('$mod of Decimal128');
    if (types.includes(1)) return new Double(toDouble(a) % toDouble(b));
    const rest = (truncated(a as Numeric) ?? 0n) % (truncated(b as Numeric) ?? 1n);
    return types.includes(18) ? Long.fromBigInt(rest) : new Int32(Number(rest));
  }),
  $pow: strict('$pow', 2, (a, b) => {
    if ([a, b].some((value) => bsonType(value) === 19)) throw notHere('$pow of Decimal128');
    const result = toDouble(number(a, '$pow')) ** toDouble(number(b, '$pow'));
    if ([a, b].some((value) => bsonType(value) === 1) || !Number.isSafeInteger(result)) return new Double(result);
    return [a, b].some((value) => bsonType(value) === 18) || Math.abs(result) > 2_147_483_647 ? Long.fromNumber(result) : new Int32(result);
  }),
  $sqrt: root('$sqrt', Math.sqrt),
  $ln: root('$ln', Math.log),
  $exp: root('$exp', Math.exp),
  $abs: strict('$abs', 1, (value) => (toDouble(number(value, '$abs')) < 0 ? negate(value as Numeric) : value)),
  $floor: round('$floor', Math.floor),
  $ceil: round('$ceil', Math.ceil),
  $trunc: round('$trunc', Math.trunc),
  $min: extreme(-1),
  $max: extreme(1),
  $sum: (operand, run) =>
    operandsOf(operand, run)
      .filter(isNumeric)
      .reduce<Numeric>((sum, value) => add(sum, value) ?? wrap(toDouble(sum) + toDouble(value)), wrap(0)),
  $avg: (operand, run) => average(operandsOf(operand, run).filter(isNumeric)),
};
