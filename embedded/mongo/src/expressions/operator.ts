import { bsonType, isNumeric, type Numeric, typeName } from '../bson';
import { compare } from '../compare';
import { MongoError } from '../errors';

/** Evaluates an inner expression, with more variables if it binds some. undefined is "missing". */
export type Evaluate = (expression: unknown, more?: Record<string, unknown>) => unknown;
export type Operator = (operand: unknown, run: Evaluate) => unknown;

export const failure = (message: string, code = 16554) => new MongoError(code, `Location${code}`, message);

export const missing = (value: unknown): value is null | undefined => value === null || value === undefined;
export const listOf = (operand: unknown): unknown[] => (Array.isArray(operand) ? operand : [operand]);
export const number = (value: unknown, operator: string): Numeric => {
  if (!isNumeric(value)) throw failure(`${operator} only supports numeric types, not ${typeName(value)}`, 14);
  return value;
};
export const text = (value: unknown, operator: string): string => {
  if (typeof value !== 'string') throw failure(`${operator} only supports strings, not ${typeName(value)}`, 16702);
  return value;
};
/** Operators with fixed operands, none of which may be missing: a missing one makes the result null. */
export const strict =
  (operator: string, count: number, apply: (...values: unknown[]) => unknown): Operator =>
  (operand, run) => {
    const given = listOf(operand);
    if (given.length !== count)
      throw failure(`Expression ${operator} takes exactly ${count} arguments. ${given.length} were passed in.`, 16020);
    const values = given.map((part) => run(part));
    return values.some(missing) ? null : apply(...values);
  };
/** Inside expressions a missing value is not null: it is below it. */
const compareMissing = (a: unknown, b: unknown): number => {
  if (a !== undefined && b !== undefined) return compare(a, b);
  if (a === b) return 0;
  return a === undefined ? (bsonType(b) === -1 ? 1 : -1) : bsonType(a) === -1 ? -1 : 1;
};
export const order =
  (operator: string, holds: (result: number) => unknown): Operator =>
  (operand, run) => {
    if (!Array.isArray(operand) || operand.length !== 2) throw failure(`Expression ${operator} takes exactly 2 arguments.`, 16020);
    return holds(compareMissing(run(operand[0]), run(operand[1])));
  };
export const array = (value: unknown, operator: string): unknown[] => {
  if (!Array.isArray(value)) throw failure(`The argument to ${operator} must be an array, but was of type: ${typeName(value)}`, 17124);
  return value as unknown[];
};
