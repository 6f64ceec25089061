import { type BSONRegExp, bsonType, type Doc, isDocument, isNumeric, isRegExp, isTrue, TYPE_NAMES, toDouble } from './bson';
import { compare, equal, rankOf } from './compare';
import { badValue, notHere } from './errors';
import { evaluate, type Variables } from './expressions/evaluate';
import { truncated } from './numbers';
import { valuesAt } from './paths';
import { compileRegex, regexOf } from './regex';

/** What the two switches below know; a test tries each. */
export const FILTER_OPERATORS = ['$and', '$or', '$nor', '$expr', '$comment'];
export const FIELD_OPERATORS =
  '$eq $ne $gt $gte $lt $lte $in $nin $not $exists $type $regex $options $mod $all $elemMatch $size $bitsAllSet $bitsAllClear $bitsAnySet $bitsAnyClear'.split(
    ' ',
  );

export type Matches = (doc: Doc) => boolean;
type Test = (values: unknown[]) => boolean;

/** A filter as a function. Unknown operators are refused by name when it is built, not when it is run. `variables`: what `$expr` may name. */
export function compileFilter(filter: Doc, variables: Variables = {}): Matches {
  const tests = Object.entries(filter).map(([key, condition]) => clause(key, condition, variables));
  if (tests.length === 1 && tests[0] !== undefined) return tests[0];
  return (doc) => tests.every((test) => test(doc));
}

function clause(key: string, condition: unknown, variables: Variables): Matches {
  if (!key.startsWith('$')) {
    const test = compileCondition(condition);
    return (doc) => test(valuesAt(doc, key));
  }
  switch (key) {
    case '$and':
    case '$or':
    case '$nor': {
      if (!Array.isArray(condition) || condition.length === 0) throw badValue(`${key} argument must be a non-empty array`);
      const parts = condition.map((part) => {
        if (!isDocument(part)) throw badValue(`${key} entries need to be full objects`);
        return compileFilter(part, variables);
      });
      if (key === '$and') return (doc) => parts.every((part) => part(doc));
      if (key === '$or') return (doc) => parts.some((part) => part(doc));
      return (doc) => !parts.some((part) => part(doc));
    }
    case '$expr':
      return (doc) => isTrue(evaluate(condition, doc, variables));
    case '$comment':
      return () => true;
    case '$text':
    case '$where':
    case '$jsonSchema':
      throw notHere(key);
    default:
      throw badValue(`unknown top level operator: ${key}. If you are trying to match a field whose name begins with '$', use $getField`);
  }
}

const isOperators = (condition: unknown): condition is Doc =>
  isDocument(condition) && Object.keys(condition)[0]?.startsWith('$') === true && !('$ref' in condition);

/** The condition on one field, over the values its path leads to (undefined: nothing there). */
export function compileCondition(condition: unknown): Test {
  if (isRegExp(condition)) return regexTest(condition);
  if (!isOperators(condition)) return equalTest(condition);
  const tests = Object.entries(condition).flatMap(([operator, operand]) => operatorTest(operator, operand, condition));
  return (values) => tests.every((test) => test(values));
}

/** Tests each value and, where a value is an array, each of its elements. */
const any =
  (test: (value: unknown) => boolean): Test =>
  (values) =>
    values.some((value) => test(value) || (Array.isArray(value) && value.some(test)));

function equalTest(operand: unknown): Test {
  if (operand === undefined) throw badValue('cannot compare to undefined');
  if (operand === null) {
    // null stands for "no value": missing counts, a missing field inside an array of documents too. An array without documents leads nowhere: no match.
    return (values) => values.some((value) => value === null || value === undefined || (Array.isArray(value) && value.includes(null)));
  }
  return any((value) => value !== undefined && equal(value, operand));
}

function orderTest(operator: string, operand: unknown): Test {
  if (isRegExp(operand)) throw badValue(`Can't have RegEx as arg to predicate over field`);
  const rank = rankOf(operand);
  const orEqual = operator.endsWith('e');
  if (operand === null) return orEqual ? equalTest(null) : () => false;
  const isNaNOperand = isNumeric(operand) && Number.isNaN(toDouble(operand));
  const holds = (value: unknown) => {
    if (value === undefined) return false;
    // MinKey and MaxKey compare with everything, other types only with their own kind.
    if (rankOf(value) !== rank && bsonType(operand) !== -1 && bsonType(operand) !== 127) return false;
    if (isNaNOperand || (isNumeric(value) && Number.isNaN(toDouble(value))))
      return orEqual && isNaNOperand && isNumeric(value) && Number.isNaN(toDouble(value));
    const order = compare(value, operand);
    return order === 0 ? orEqual : operator.startsWith('$g') ? order > 0 : order < 0;
  };
  return any(holds);
}

function regexTest(operand: BSONRegExp): Test {
  const regex = regexOf(operand);
  return any((value) => (typeof value === 'string' ? regex.test(value) : isRegExp(value) && equal(value, operand)));
}

function inTest(operand: unknown): Test {
  if (!Array.isArray(operand)) throw badValue('$in needs an array');
  const tests = operand.map((element) => {
    if (isOperators(element)) throw badValue('cannot nest $ under $in');
    return isRegExp(element) ? regexTest(element) : equalTest(element);
  });
  return (values) => tests.some((test) => test(values));
}

const not =
  (test: Test): Test =>
  (values) =>
    !test(values);

function typeTest(operand: unknown): Test {
  const wanted = (Array.isArray(operand) ? operand : [operand]).flatMap((type) => {
    if (type === 'number') return [1, 16, 18, 19];
    const code = typeof type === 'string' ? TYPE_NAMES[type] : toDouble(type);
    if (code === undefined || !Object.values(TYPE_NAMES).includes(code)) throw badValue(`Unknown type name alias: ${String(type)}`);
    return [code];
  });
  return any((value) => value !== undefined && wanted.includes(bsonType(value)));
}

const bitAt = (position: unknown) => {
  if (!isNumeric(position) || !Number.isInteger(toDouble(position)) || toDouble(position) < 0)
    throw badValue('bit positions must be whole numbers that are not negative');
  return 1n << BigInt(Math.min(toDouble(position), 64));
};
function bitsTest(operator: string, operand: unknown): Test {
  let mask: bigint;
  if (Array.isArray(operand)) mask = operand.reduce<bigint>((bits, position) => bits | bitAt(position), 0n);
  else if (isNumeric(operand) && Number.isInteger(toDouble(operand))) mask = truncated(operand) ?? 0n;
  else throw notHere(`${operator} with a binary mask`);
  if (mask < 0n) throw badValue('bit masks must not be negative');
  return any((value) => {
    const whole = isNumeric(value) && Number.isInteger(toDouble(value)) ? truncated(value) : undefined;
    if (whole === undefined) return false;
    // A negative number's sign goes on for ever, as in two's complement.
    const bits = whole & mask;
    if (operator === '$bitsAllSet') return bits === mask;
    if (operator === '$bitsAllClear') return bits === 0n;
    if (operator === '$bitsAnySet') return bits !== 0n;
    return bits !== mask;
  });
}

export function compileElemMatch(operand: unknown): (element: unknown) => boolean {
  if (!isDocument(operand)) throw badValue('$elemMatch needs an Object');
  if (isOperators(operand) && !['$and', '$or', '$nor', '$expr'].includes(Object.keys(operand)[0] ?? '')) {
    const test = compileCondition(operand);
    return (element) => test([element]);
  }
  const matches = compileFilter(operand);
  return (element) =>
    (isDocument(element) && matches(element)) || (Array.isArray(element) && matches(Object.fromEntries<unknown>(element.entries())));
}

function operatorTest(operator: string, operand: unknown, all: Doc): Test[] {
  switch (operator) {
    case '$eq':
      return [equalTest(operand)];
    case '$ne':
      if (isRegExp(operand)) throw badValue("Can't have regex as arg to $ne.");
      return [not(equalTest(operand))];
    case '$gt':
    case '$gte':
    case '$lt':
    case '$lte':
      return [orderTest(operator, operand)];
    case '$in':
      return [inTest(operand)];
    case '$nin':
      if (!Array.isArray(operand)) throw badValue('$nin needs an array');
      return [not(inTest(operand))];
    case '$not': {
      if (!isRegExp(operand) && !isOperators(operand)) throw badValue('$not needs a regex or a document');
      return [not(compileCondition(operand))];
    }
    case '$exists': {
      const wanted = isTrue(operand);
      return [(values) => values.some((value) => value !== undefined) === wanted];
    }
    case '$type':
      return [typeTest(operand)];
    case '$regex': {
      const regex = compileRegex(operand, all.$options);
      return [any((value) => typeof value === 'string' && regex.test(value))];
    }
    case '$options':
      if (!('$regex' in all)) throw badValue('$options needs a $regex');
      return [];
    case '$mod': {
      if (!Array.isArray(operand) || operand.length !== 2) throw badValue('malformed mod, needs to be an array of two numbers');
      const [divisor, rest] = operand.map((part) => (isNumeric(part) ? truncated(part) : undefined));
      if (divisor === undefined || rest === undefined) throw badValue('malformed mod, divisor and remainder must be numbers');
      if (divisor === 0n) throw badValue('divisor cannot be 0');
      return [
        any((value) => {
          const whole = isNumeric(value) ? truncated(value) : undefined;
          return whole !== undefined && whole % divisor === rest;
        }),
      ];
    }
    case '$all': {
      if (!Array.isArray(operand)) throw badValue('$all needs an array');
      if (operand.length === 0) return [() => false];
      return operand.map((element) =>
        isDocument(element) && '$elemMatch' in element
          ? compileCondition(element)
          : isRegExp(element)
            ? regexTest(element)
            : equalTest(element),
      );
    }
    case '$elemMatch': {
      const test = compileElemMatch(operand);
      return [(values) => values.some((value) => Array.isArray(value) && value.some(test))];
    }
    case '$size': {
      if (!isNumeric(operand) || !Number.isInteger(toDouble(operand)) || toDouble(operand) < 0)
        throw badValue('$size must be a whole number');
      const size = toDouble(operand);
      return [(values) => values.some((value) => Array.isArray(value) && value.length === size)];
    }
    case '$bitsAllSet':
    case '$bitsAllClear':
    case '$bitsAnySet':
    case '$bitsAnyClear':
      return [bitsTest(operator, operand)];
    case '$comment':
      return [];
    case '$near':
    case '$nearSphere':
    case '$geoWithin':
    case '$geoIntersects':
    case '$jsonSchema':
      throw notHere(operator);
    default:
      throw badValue(`unknown operator: ${operator}`);
  }
}
