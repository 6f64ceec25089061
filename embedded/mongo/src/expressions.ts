import { bsonType, type Doc, Double, isDocument, isNumeric, isTrue, Long, type Numeric, ObjectId, toDouble, typeName } from './bson';
import { compare, equal } from './compare';
import { MongoError, notHere } from './errors';
import { add, multiply, negate, wrap } from './numbers';

export type Variables = Record<string, unknown>;

const failure = (message: string, code = 16554) => new MongoError(code, `Location${code}`, message);

/** A field path inside an expression: through arrays it gathers, and misses leave no trace. */
export function fieldPath(value: unknown, parts: string[]): unknown {
  const [part, ...rest] = parts;
  if (part === undefined) return value;
  if (Array.isArray(value))
    return value
      .map((element) => (isDocument(element) || Array.isArray(element) ? fieldPath(element, parts) : undefined))
      .filter((found) => found !== undefined);
  return isDocument(value) && Object.hasOwn(value, part) ? fieldPath(value[part], rest) : undefined;
}

/** An aggregation expression's value; undefined is "missing". */
export function evaluate(expression: unknown, doc: Doc, variables: Variables = {}): unknown {
  if (typeof expression === 'string' && expression.startsWith('$')) {
    if (!expression.startsWith('$$')) return fieldPath(doc, expression.slice(1).split('.'));
    const [name = '', ...rest] = expression.slice(2).split('.');
    if (name === 'REMOVE') return undefined;
    if (name === 'NOW') return fieldPath(new Date(), rest);
    if ((name === 'ROOT' || name === 'CURRENT') && !Object.hasOwn(variables, name)) return fieldPath(doc, rest);
    if (!Object.hasOwn(variables, name)) throw failure(`Use of undefined variable: ${name}`, 17276);
    return fieldPath(variables[name], rest);
  }
  if (Array.isArray(expression)) return expression.map((element) => evaluate(element, doc, variables) ?? null);
  if (!isDocument(expression)) return expression;
  const keys = Object.keys(expression);
  const [operator = ''] = keys;
  if (!operator.startsWith('$')) {
    const built: Doc = {};
    for (const key of keys) {
      const value = evaluate(expression[key], doc, variables);
      if (value !== undefined) built[key] = value;
    }
    return built;
  }
  if (keys.length !== 1) throw failure('an object representing an expression must have exactly one field', 15983);
  const run = OPERATORS[operator];
  if (run === undefined)
    throw new MongoError(31325, 'InvalidPipelineOperator', `Unrecognized expression '${operator}', or it is not in the embedded store`);
  return run(expression[operator], (inner, more) => evaluate(inner, doc, more === undefined ? variables : { ...variables, ...more }));
}

type Evaluate = (expression: unknown, more?: Variables) => unknown;
type Operator = (operand: unknown, run: Evaluate) => unknown;

const missing = (value: unknown): value is null | undefined => value === null || value === undefined;
const listOf = (operand: unknown): unknown[] => (Array.isArray(operand) ? operand : [operand]);
const number = (value: unknown, operator: string): Numeric => {
  if (!isNumeric(value)) throw failure(`${operator} only supports numeric types, not ${typeName(value)}`, 14);
  return value;
};
const text = (value: unknown, operator: string): string => {
  if (typeof value !== 'string') throw failure(`${operator} only supports strings, not ${typeName(value)}`, 16702);
  return value;
};
/** Operators with fixed operands, none of which may be missing: a missing one makes the result null. */
const strict =
  (operator: string, count: number, apply: (...values: unknown[]) => unknown): Operator =>
  (operand, run) => {
    const given = listOf(operand);
    if (given.length !== count)
      throw failure(`Expression ${operator} takes exactly ${count} arguments. ${given.length} were passed in.`, 16020);
    const values = given.map((part) => run(part));
    return values.some(missing) ? null : apply(...values);
  };
const order =
  (operator: string, holds: (result: number) => unknown): Operator =>
  (operand, run) => {
    if (!Array.isArray(operand) || operand.length !== 2) throw failure(`Expression ${operator} takes exactly 2 arguments.`, 16020);
    return holds(compare(run(operand[0]), run(operand[1])));
  };
const array = (value: unknown, operator: string): unknown[] => {
  if (!Array.isArray(value)) throw failure(`The argument to ${operator} must be an array, but was of type: ${typeName(value)}`, 17124);
  return value as unknown[];
};
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
const extreme =
  (sign: number): Operator =>
  (operand, run) => {
    const values: unknown[] = (
      Array.isArray(operand)
        ? operand.map((part) => run(part))
        : [run(operand)].flatMap((value) => (Array.isArray(value) ? (value as unknown[]) : [value]))
    ).filter((value) => !missing(value));
    return (
      values.reduce<unknown>((best, value) => (best === undefined || compare(value, best) * sign > 0 ? value : best), undefined) ?? null
    );
  };

const OPERATORS: Record<string, Operator> = {
  $literal: (operand) => operand,
  $eq: order('$eq', (result) => result === 0),
  $ne: order('$ne', (result) => result !== 0),
  $gt: order('$gt', (result) => result > 0),
  $gte: order('$gte', (result) => result >= 0),
  $lt: order('$lt', (result) => result < 0),
  $lte: order('$lte', (result) => result <= 0),
  $cmp: order('$cmp', (result) => wrap(Math.sign(result))),
  $and: (operand, run) => listOf(operand).every((part) => isTrue(run(part))),
  $or: (operand, run) => listOf(operand).some((part) => isTrue(run(part))),
  $not: (operand, run) => !isTrue(run(listOf(operand)[0])),
  $cond: (operand, run) => {
    const [test, yes, no] = Array.isArray(operand)
      ? (operand as unknown[])
      : [(operand as Doc).if, (operand as Doc).then, (operand as Doc).else];
    return run(isTrue(run(test)) ? yes : no);
  },
  $ifNull: (operand, run) => {
    const parts = listOf(operand);
    for (const part of parts.slice(0, -1)) {
      const value = run(part);
      if (!missing(value)) return value;
    }
    return run(parts.at(-1));
  },
  $switch: (operand, run) => {
    const { branches, default: otherwise } = operand as Doc;
    for (const branch of array(branches, '$switch') as Doc[]) if (isTrue(run(branch.case))) return run(branch.then);
    if (otherwise === undefined)
      throw failure('$switch could not find a matching branch for an input, and no default was specified.', 40066);
    return run(otherwise);
  },
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
    return add(number(a, '$subtract'), negate(number(b, '$subtract')));
  }),
  $divide: strict('$divide', 2, (a, b) => {
    if (bsonType(a) === 19 || bsonType(b) === 19) throw notHere('$divide of Decimal128');
    if (toDouble(number(b, '$divide')) === 0) throw failure("can't $divide by zero", 2);
    return new Double(toDouble(number(a, '$divide')) / toDouble(b));
  }),
  $mod: strict('$mod', 2, (a, b) => wrap(toDouble(number(a, '$mod')) % toDouble(number(b, '$mod')))),
  $abs: strict('$abs', 1, (value) => (toDouble(number(value, '$abs')) < 0 ? negate(value as Numeric) : value)),
  $floor: round('$floor', Math.floor),
  $ceil: round('$ceil', Math.ceil),
  $trunc: round('$trunc', Math.trunc),
  $min: extreme(-1),
  $max: extreme(1),
  $sum: (operand, run) => {
    const values = Array.isArray(operand)
      ? operand.map((part) => run(part))
      : [run(operand)].flatMap((value) => (Array.isArray(value) ? (value as unknown[]) : [value]));
    return values.filter(isNumeric).reduce<Numeric>((sum, value) => add(sum, value) ?? wrap(toDouble(sum) + toDouble(value)), wrap(0));
  },
  $avg: (operand, run) => {
    const values = (
      Array.isArray(operand)
        ? operand.map((part) => run(part))
        : [run(operand)].flatMap((value) => (Array.isArray(value) ? (value as unknown[]) : [value]))
    ).filter(isNumeric);
    return values.length === 0 ? null : new Double(values.reduce((sum, value) => sum + toDouble(value), 0) / values.length);
  },
  $concat: (operand, run) => {
    const values = listOf(operand).map((part) => run(part));
    return values.some(missing) ? null : values.map((value) => text(value, '$concat')).join('');
  },
  $toLower: (operand, run) => text(run(listOf(operand)[0]) ?? '', '$toLower').toLowerCase(),
  $toUpper: (operand, run) => text(run(listOf(operand)[0]) ?? '', '$toUpper').toUpperCase(),
  $strLenCP: strict('$strLenCP', 1, (value) => wrap([...text(value, '$strLenCP')].length)),
  $substrCP: strict('$substrCP', 3, (value, from, count) =>
    [...text(value, '$substrCP')].slice(toDouble(from), toDouble(from) + toDouble(count)).join(''),
  ),
  $split: strict('$split', 2, (value, by) => text(value, '$split').split(text(by, '$split'))),
  $toString: strict('$toString', 1, (value) =>
    value instanceof Date
      ? value.toISOString()
      : isNumeric(value)
        ? (value as { toString(): string }).toString()
        : value instanceof ObjectId
          ? value.toHexString()
          : String(value),
  ),
  $size: (operand, run) => wrap(array(run(listOf(operand)[0]), '$size').length),
  $isArray: (operand, run) => Array.isArray(run(listOf(operand)[0])),
  $type: (operand, run) => {
    const value = run(listOf(operand)[0]);
    return value === undefined ? 'missing' : typeName(value);
  },
  $arrayElemAt: strict('$arrayElemAt', 2, (values, at) => array(values, '$arrayElemAt').at(toDouble(at))),
  $first: (operand, run) => at(run(listOf(operand)[0]), 0, '$first'),
  $last: (operand, run) => at(run(listOf(operand)[0]), -1, '$last'),
  $in: strict('$in', 2, (value, values) => array(values, '$in').some((element) => equal(element, value))),
  $concatArrays: (operand, run) => {
    const values = listOf(operand).map((part) => run(part));
    return values.some(missing) ? null : values.flatMap((value) => array(value, '$concatArrays'));
  },
  $slice: (operand, run) => {
    const [values, first, second] = listOf(operand).map((part) => run(part));
    if (missing(values)) return null;
    const all = array(values, '$slice');
    if (second === undefined) return toDouble(first) < 0 ? all.slice(toDouble(first)) : all.slice(0, toDouble(first));
    const from = toDouble(first) < 0 ? Math.max(0, all.length + toDouble(first)) : toDouble(first);
    return all.slice(from, from + toDouble(second));
  },
  $filter: (operand, run) => {
    const { input, as = 'this', cond } = operand as Doc;
    const values = run(input);
    return missing(values) ? null : array(values, '$filter').filter((element) => isTrue(run(cond, { [String(as)]: element })));
  },
  $map: (operand, run) => {
    const { input, as = 'this', in: body } = operand as Doc;
    const values = run(input);
    return missing(values) ? null : array(values, '$map').map((element) => run(body, { [String(as)]: element }) ?? null);
  },
  $let: (operand, run) => {
    const { vars, in: body } = operand as { vars: Doc; in: unknown };
    return run(body, Object.fromEntries(Object.entries(vars).map(([name, value]) => [name, run(value)])));
  },
  $mergeObjects: (operand, run) => {
    const parts = Array.isArray(operand) ? operand.map((part) => run(part)) : [run(operand)];
    return Object.assign({}, ...parts.filter((part) => !missing(part))) as Doc;
  },
  $objectToArray: strict('$objectToArray', 1, (value) => Object.entries(value as Doc).map(([k, v]) => ({ k, v }))),
  $arrayToObject: strict('$arrayToObject', 1, (value) =>
    Object.fromEntries(
      array(value, '$arrayToObject').map((pair) =>
        Array.isArray(pair) ? (pair as [string, unknown]) : [String((pair as Doc).k), (pair as Doc).v],
      ),
    ),
  ),
  $year: datePart('$year', (date) => date.getUTCFullYear()),
  $month: datePart('$month', (date) => date.getUTCMonth() + 1),
  $dayOfMonth: datePart('$dayOfMonth', (date) => date.getUTCDate()),
  $hour: datePart('$hour', (date) => date.getUTCHours()),
  $minute: datePart('$minute', (date) => date.getUTCMinutes()),
  $second: datePart('$second', (date) => date.getUTCSeconds()),
};
function datePart(operator: string, part: (date: Date) => number): Operator {
  return strict(operator, 1, (value) => {
    if (!(value instanceof Date)) throw failure(`can't convert from ${typeName(value)} to Date`, 16006);
    return wrap(part(value));
  });
}
const at = (value: unknown, index: number, operator: string) => (missing(value) ? null : array(value, operator).at(index));
