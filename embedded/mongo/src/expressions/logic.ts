import { type Doc, isTrue } from '../bson';
import { wrap } from '../numbers';
import { array, failure, listOf, missing, type Operator, order } from './operator';

export const LOGIC: Record<string, Operator> = {
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
  $let: (operand, run) => {
    const { vars, in: body } = operand as { vars: Doc; in: unknown };
    return run(body, Object.fromEntries(Object.entries(vars).map(([name, value]) => [name, run(value)])));
  },
  $mergeObjects: (operand, run) => {
    const parts = Array.isArray(operand) ? operand.map((part) => run(part)) : [run(operand)];
    return Object.assign({}, ...parts.filter((part) => !missing(part))) as Doc;
  },
};
