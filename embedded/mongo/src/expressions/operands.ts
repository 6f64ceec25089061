import { type Doc, isArray, isDocument, isNumeric, type Numeric, toDouble, typeOf } from '../bson';
import { failedToParse } from '../errors';
import { type Compiler, type Expression, failure, found, missing, type Operator } from './expression';

/** The operands of an operator that takes a list; one operand may stand without its brackets. */
export function list(operand: unknown, { operator, compile }: Compiler, least: number, most: number): Expression[] {
  const given: unknown[] = Array.isArray(operand) ? operand : [operand];
  if (given.length < least || given.length > most)
    throw failure(
      least === most
        ? `Expression ${operator} takes exactly ${least} arguments. ${given.length} were passed in.`
        : `Expression ${operator} takes at least ${least} arguments, and at most ${most}, but ${given.length} were passed in.`,
      least === most ? 16020 : 28667,
    );
  return given.map((part) => compile(part));
}

/** The operands of an operator that takes exactly this many. */
export function exactly(count: 2, operand: unknown, compiler: Compiler): [Expression, Expression];
export function exactly(count: 3, operand: unknown, compiler: Compiler): [Expression, Expression, Expression];
export function exactly(count: number, operand: unknown, compiler: Compiler): Expression[] {
  return list(operand, compiler, count, count);
}

/**
 * The operand of an operator that takes named fields. Every operator with named fields is checked
 * here: a field that the operator does not have, and one that is not there, are refused by name.
 */
export function named(operand: unknown, operator: string, required: readonly string[], optional: readonly string[] = []): Doc {
  if (!isDocument(operand)) throw failedToParse(`${operator} only supports an object as its argument, found: ${found(operand)}`);
  for (const field of Object.keys(operand))
    if (!required.includes(field) && !optional.includes(field)) throw failedToParse(`Unrecognized parameter to ${operator}: ${field}`);
  for (const field of required) if (!Object.hasOwn(operand, field)) throw failedToParse(`Missing '${field}' parameter to ${operator}`);
  return operand;
}

/** An operator over any number of operands, each evaluated; `apply` sees them all. */
export const eager =
  (least: number, most: number, apply: (values: unknown[], operator: string) => unknown): Operator =>
  (operand, compiler) => {
    const parts = list(operand, compiler, least, most);
    return (scope) =>
      apply(
        parts.map((part) => part(scope)),
        compiler.operator,
      );
  };
/** An operator with `count` operands; where one is null or missing, the result is null. */
export const strict = (count: number, apply: (...values: unknown[]) => unknown): Operator =>
  eager(count, count, (values) => (values.some(missing) ? null : apply(...values)));

export const number = (value: unknown, operator: string): Numeric => {
  if (!isNumeric(value)) throw failure(`${operator} only supports numeric types, not ${found(value)}`, 28765);
  return value;
};
export const text = (value: unknown, operator: string, code = 16702): string => {
  if (typeof value !== 'string') throw failure(`${operator} requires a string argument, found: ${found(value)}`, code);
  return value;
};
export const array = (value: unknown, operator: string, code = 17124): unknown[] => {
  if (!isArray(value)) throw failure(`The argument to ${operator} must be an array, but was of type: ${found(value)}`, code);
  return value;
};
/** A whole number that fits an int32, of whatever numeric type. */
export const whole = (value: unknown, operator: string, code: number): number => {
  const double = isNumeric(value) ? toDouble(value) : NaN;
  if (!Number.isInteger(double) || Math.abs(double) > 0x7fff_ffff)
    throw failure(`${operator} requires a value that is representable as a 32-bit integer, found: ${typeOf(value)}`, code);
  return double;
};

const NAME = /^[a-z\u0080-\uffff][\w\u0080-\uffff]*$/;
/** A name that an operator gives to a variable. */
export const variableName = (name: unknown, operator: string): string => {
  if (typeof name !== 'string' || (!NAME.test(name) && name !== 'CURRENT'))
    throw failedToParse(`${operator}: '${String(name)}' starts with an invalid character for a user variable name`);
  return name;
};
