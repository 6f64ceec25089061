import { type Doc, fieldsOf, Int32, isDocument, isNumeric, type Numeric, put } from '../bson';
import { compare, encodeKey } from '../compare';
import { failedToParse, MongoError, notHere } from '../errors';
import { sum } from '../expressions/arithmetic';
import { compileExpression } from '../expressions/compile';
import { type Expression, failure, found, missing } from '../expressions/expression';
import type { Lease } from '../memory-budget';
import { memoryOf } from '../memory-budget';
import { average, wrap } from '../numbers';

export interface Accumulator {
  add(value: unknown): void;
  result(): unknown;
}
type Create = (lease: Lease) => Accumulator;

const best =
  (sign: number): Create =>
  () => {
    let extreme: unknown;
    return {
      add: (value) => {
        if (!missing(value) && (extreme === undefined || compare(value, extreme) * sign > 0)) extreme = value;
      },
      result: () => extreme ?? null,
    };
  };
const ACCUMULATORS: Record<string, Create> = {
  $sum: () => {
    let total: Numeric = new Int32(0);
    return {
      add: (value) => {
        if (isNumeric(value)) total = sum(total, value);
      },
      result: () => total,
    };
  },
  $avg: () => {
    let total: Numeric = new Int32(0);
    let count = 0;
    return {
      add: (value) => {
        if (!isNumeric(value)) return;
        total = sum(total, value);
        count += 1;
      },
      result: () => average([total], count),
    };
  },
  $min: best(-1),
  $max: best(1),
  $first: () => {
    let first: { value: unknown } | undefined;
    return {
      add: (value) => void (first ??= { value }),
      result: () => first?.value ?? null,
    };
  },
  $last: () => {
    let last: unknown;
    return { add: (value) => void (last = value), result: () => last ?? null };
  },
  $push: (lease) => {
    const values: unknown[] = [];
    return {
      add: (value) => {
        if (value === undefined) return;
        lease.take(memoryOf(value));
        values.push(value);
      },
      result: () => values,
    };
  },
  $addToSet: (lease) => {
    const values = new Map<string, unknown>();
    return {
      add: (value) => {
        if (value === undefined) return;
        const key = encodeKey(value).toString('latin1');
        if (values.has(key)) return;
        lease.take(memoryOf(value) + key.length * 2);
        values.set(key, value);
      },
      result: () => [...values.values()],
    };
  },
  $mergeObjects: () => {
    const merged: Doc = {};
    return {
      add: (value) => {
        if (missing(value)) return;
        if (!isDocument(value)) throw failure(`$mergeObjects requires object inputs, but input is of type ${found(value)}`, 40400);
        for (const [name, field] of fieldsOf(value)) put(merged, name, field);
      },
      result: () => merged,
    };
  },
  $count: () => {
    let n = 0;
    return { add: () => void (n += 1), result: () => wrap(n) };
  },
};
export const ACCUMULATOR_NAMES = Object.keys(ACCUMULATORS);

export interface Accumulated {
  name: string;
  create: Create;
  expression: Expression;
}
/** The computed fields of $group and $bucket: one accumulator each. */
export function compileAccumulators(fields: Doc, names: readonly string[]): Accumulated[] {
  return fieldsOf(fields).map(([name, value]) => {
    if (name.includes('.')) throw new MongoError(40235, `The field name '${name}' cannot contain '.'`);
    if (name.startsWith('$')) throw new MongoError(40236, `The field name '${name}' cannot be an operator name`);
    const [given, ...others] = isDocument(value) ? fieldsOf(value) : [];
    if (given === undefined) throw new MongoError(40234, `The field '${name}' must be an accumulator object`);
    if (others.length > 0) throw new MongoError(40238, `The field '${name}' must specify one accumulator`);
    const [operator, operand] = given;
    const create = Object.hasOwn(ACCUMULATORS, operator) ? ACCUMULATORS[operator] : undefined;
    if (create === undefined) {
      if (!operator.startsWith('$')) throw new MongoError(40234, `The field '${name}' must be an accumulator object`);
      throw notHere(`the accumulator ${operator}`);
    }
    if (Array.isArray(operand)) throw new MongoError(40237, `The ${operator} accumulator is a unary operator`);
    if (operator === '$count' && (!isDocument(operand) || fieldsOf(operand).length > 0))
      throw failedToParse('$count takes no arguments, i.e. $count:{}');
    return { name, create, expression: compileExpression(operand, names) };
  });
}
