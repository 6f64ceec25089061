import { type Doc, isDocument, isTrue, put, fieldsOf } from '../bson';
import { compare } from '../compare';
import { failedToParse } from '../errors';
import { wrap } from '../numbers';
import { typeOf } from '../bson';
import { type Expression, failure, found, missing, type Operator, type Operators } from './expression';
import { eager, exactly, list, named, variableName } from './operands';

/** Inside expressions a missing value is not null: it is below every other value but MinKey. */
export const compareMissing = (a: unknown, b: unknown): number => {
  if (a !== undefined && b !== undefined) return compare(a, b);
  if (a === b) return 0;
  return a === undefined ? (typeOf(b) === 'minKey' ? 1 : -1) : typeOf(a) === 'minKey' ? -1 : 1;
};
const order = (holds: (result: number) => unknown): Operator => eager(2, 2, ([a, b]) => holds(compareMissing(a, b)));

const branch =
  (test: Expression, yes: Expression, no: Expression): Expression =>
  (scope) =>
    (isTrue(test(scope)) ? yes : no)(scope);

export const LOGIC: Operators = {
  $literal: (operand) => () => operand,
  $eq: order((result) => result === 0),
  $ne: order((result) => result !== 0),
  $gt: order((result) => result > 0),
  $gte: order((result) => result >= 0),
  $lt: order((result) => result < 0),
  $lte: order((result) => result <= 0),
  $cmp: order((result) => wrap(Math.sign(result))),
  $and: (operand, compiler) => {
    const parts = list(operand, compiler, 0, Infinity);
    return (scope) => parts.every((part) => isTrue(part(scope)));
  },
  $or: (operand, compiler) => {
    const parts = list(operand, compiler, 0, Infinity);
    return (scope) => parts.some((part) => isTrue(part(scope)));
  },
  $not: eager(1, 1, ([value]) => !isTrue(value)),
  $cond: (operand, compiler) => {
    if (Array.isArray(operand)) {
      const [test, yes, no] = exactly(3, operand, compiler);
      return branch(test, yes, no);
    }
    const fields = named(operand, '$cond', ['if', 'then', 'else']);
    return branch(compiler.compile(fields.if), compiler.compile(fields.then), compiler.compile(fields.else));
  },
  $ifNull: (operand, compiler) => {
    const parts = list(operand, compiler, 2, Infinity);
    const last = parts.pop();
    return (scope) => {
      for (const part of parts) {
        const value = part(scope);
        if (!missing(value)) return value;
      }
      return last?.(scope);
    };
  },
  $switch: (operand, compiler) => {
    const fields = named(operand, '$switch', ['branches'], ['default']);
    if (!Array.isArray(fields.branches) || fields.branches.length === 0)
      throw failure("$switch requires an array of at least one branch for 'branches'", 40068);
    const branches = fields.branches.map((given) => {
      const { case: test, then } = named(given, '$switch', ['case', 'then']);
      return { test: compiler.compile(test), then: compiler.compile(then) };
    });
    const otherwise = 'default' in fields ? compiler.compile(fields.default) : undefined;
    return (scope) => {
      for (const { test, then } of branches) if (isTrue(test(scope))) return then(scope);
      if (otherwise === undefined)
        throw failure('$switch could not find a matching branch for an input, and no default was specified.', 40066);
      return otherwise(scope);
    };
  },
  $let: (operand, compiler) => {
    const { vars, in: body } = named(operand, '$let', ['vars', 'in']);
    if (!isDocument(vars)) throw failedToParse("invalid parameter: expected an object for 'vars' of $let");
    const bound = fieldsOf(vars).map(([name, expression]) => ({
      name: variableName(name, '$let'),
      value: compiler.compile(expression),
    }));
    const inner = compiler.compile(
      body,
      bound.map(({ name }) => name),
    );
    return (scope) =>
      inner({
        ...scope,
        variables: { ...scope.variables, ...Object.fromEntries(bound.map(({ name, value }) => [name, value(scope)])) },
      });
  },
  $mergeObjects: eager(0, Infinity, (values) => {
    const merged: Doc = {};
    for (const value of values) {
      if (missing(value)) continue;
      if (!isDocument(value)) throw failure(`$mergeObjects requires object inputs, but input is of type ${found(value)}`, 40400);
      for (const [name, field] of fieldsOf(value)) put(merged, name, field);
    }
    return merged;
  }),
};
