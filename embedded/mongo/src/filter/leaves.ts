import {
  type BSONRegExp,
  type Doc,
  firstKey,
  isDocument,
  isNumeric,
  isRegExp,
  isTypeName,
  toDouble,
  TYPE_CODES,
  type TypeName,
  typeOf,
} from '../bson';
import { compare, encodeKey, equal, rankOf } from '../compare';
import { badValue } from '../errors';
import { truncated } from '../numbers';
import { isDbRefField } from '../paths';
import { regexTest } from '../regex';

/** Whether a condition is an object of operators; a DBRef is a value. */
export const isOperators = (condition: unknown): condition is Doc => {
  const first = isDocument(condition) ? firstKey(condition) : undefined;
  return first?.startsWith('$') === true && !isDbRefField(first);
};

/**
 * A condition on one field. `values` decides over everything that the field's path leads to
 * (undefined: nothing there) and looks into arrays, but not into `wholes`; `single` decides over
 * one value as it is.
 */
export interface Condition {
  values(values: readonly unknown[], wholes: readonly unknown[]): boolean;
  single(value: unknown): boolean;
}

/** A test of each value and, where a value is an array, of each of its elements. */
export const each = (test: (value: unknown) => boolean): Condition => ({
  values: (values, wholes) => {
    for (const value of values) {
      if (test(value)) return true;
      if (Array.isArray(value) && value.some(test)) return true;
    }
    return wholes.some(test);
  },
  single: test,
});
/** A test of each value as a whole: arrays are not looked into. */
export const whole = (test: (value: unknown) => boolean): Condition => ({
  values: (values, wholes) => values.some(test) || wholes.some(test),
  single: test,
});
export const every = (conditions: Condition[]): Condition => {
  const [only] = conditions;
  if (conditions.length === 1 && only !== undefined) return only;
  return {
    values: (values, wholes) => conditions.every((condition) => condition.values(values, wholes)),
    single: (value) => conditions.every((condition) => condition.single(value)),
  };
};
export const not = ({ values, single }: Condition): Condition => ({
  values: (given, wholes) => !values(given, wholes),
  single: (value) => !single(value),
});

/** null stands for "no value": a missing field equals it, inside an array of documents too. */
const isNull = (value: unknown) => value === null || value === undefined;
const NULL: Condition = {
  values: (values) => values.some((value) => isNull(value) || (Array.isArray(value) && value.includes(null))),
  single: isNull,
};
export const equalTo = (operand: unknown): Condition =>
  operand === null ? NULL : each((value) => value !== undefined && equal(value, operand));

export function ordered(operator: '$gt' | '$gte' | '$lt' | '$lte', operand: unknown): Condition {
  if (isRegExp(operand)) throw badValue(`Can't have RegEx as arg to predicate over field`);
  const orEqual = operator.endsWith('e');
  const greater = operator.startsWith('$g');
  if (operand === null) return orEqual ? NULL : each(() => false);
  const rank = rankOf(operand);
  const type = typeOf(operand);
  const isNaNOperand = isNumeric(operand) && Number.isNaN(toDouble(operand));
  return each((value) => {
    if (value === undefined) return false;
    // Values of another type match no bound but the least and the greatest of all.
    if (rankOf(value) !== rank) return (type === 'minKey' && greater) || (type === 'maxKey' && !greater);
    if (isNaNOperand || (isNumeric(value) && Number.isNaN(toDouble(value))))
      return orEqual && isNaNOperand && isNumeric(value) && Number.isNaN(toDouble(value));
    const order = compare(value, operand);
    return order === 0 ? orEqual : greater ? order > 0 : order < 0;
  });
}

export function matching(regex: Pick<BSONRegExp, 'pattern' | 'options'>): Condition {
  const test = regexTest(regex);
  return each((value) =>
    typeof value === 'string'
      ? test(value)
      : isRegExp(value) && value.pattern === regex.pattern && value.options === [...regex.options].sort().join(''),
  );
}

/** From this number on, values are looked up rather than compared one by one. */
const LOOKED_UP = 8;
export function oneOf(operand: unknown, operator: string): Condition {
  if (!Array.isArray(operand)) throw badValue(`${operator} needs an array`);
  for (const element of operand) if (isOperators(element)) throw badValue(`cannot nest $ under ${operator}`);
  const conditions = operand
    .filter((element) => element === null || isRegExp(element))
    .map((element: unknown) => (isRegExp(element) ? matching(element) : NULL));
  const plain = operand.filter((element) => element !== null && !isRegExp(element));
  if (plain.length > LOOKED_UP) {
    const keys = new Set(plain.map((value) => encodeKey(value).toString('latin1')));
    conditions.push(each((value) => value !== undefined && keys.has(encodeKey(value).toString('latin1'))));
  } else conditions.push(...plain.map(equalTo));
  return {
    values: (values, wholes) => conditions.some((condition) => condition.values(values, wholes)),
    single: (value) => conditions.some((condition) => condition.single(value)),
  };
}

export function ofType(operand: unknown): Condition {
  const given: unknown[] = Array.isArray(operand) ? operand : [operand];
  if (given.length === 0) throw badValue('$type must match at least one type');
  const wanted = new Set(
    given.flatMap((type): TypeName[] => {
      if (type === 'number') return ['double', 'int', 'long', 'decimal'];
      if (typeof type === 'string' && isTypeName(type)) return [type];
      const [name] = Object.entries(TYPE_CODES).find(([, code]) => isNumeric(type) && code === toDouble(type)) ?? [];
      if (name === undefined || !isTypeName(name))
        throw badValue(`Unknown type name alias or invalid numerical type code: ${String(type)}`);
      return [name];
    }),
  );
  return each((value) => value !== undefined && wanted.has(typeOf(value)));
}

export function modulo(operand: unknown): Condition {
  if (!Array.isArray(operand) || operand.length !== 2) throw badValue('malformed mod, needs to be an array of two numbers');
  const [divisor, rest] = operand.map((part) => (isNumeric(part) ? truncated(part) : undefined));
  if (divisor === undefined || rest === undefined) throw badValue('malformed mod, divisor and remainder must be numbers');
  if (divisor === 0n) throw badValue('divisor cannot be 0');
  return each((value) => {
    const number = isNumeric(value) ? truncated(value) : undefined;
    return number !== undefined && number % divisor === rest;
  });
}

export function ofSize(operand: unknown): Condition {
  if (!isNumeric(operand) || !Number.isInteger(toDouble(operand)) || toDouble(operand) < 0)
    throw badValue('Failed to parse $size. Expected a non-negative whole number');
  const size = toDouble(operand);
  return whole((value) => Array.isArray(value) && value.length === size);
}
