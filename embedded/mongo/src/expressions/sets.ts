import { isTrue } from '../bson';
import { compare, equal } from '../compare';
import { array, listOf, missing, type Operator } from './operator';

/** Arrays as sets, each value once, in the order of values. */
const toSet = (values: unknown[]): unknown[] =>
  [...values].sort(compare).filter((value, position, all) => position === 0 || !equal(value, all[position - 1]));
const has = (values: unknown[], wanted: unknown) => values.some((value) => equal(value, wanted));
const sets =
  (operator: string, combine: (...lists: unknown[][]) => unknown): Operator =>
  (operand, run) => {
    const values = listOf(operand).map((part) => run(part));
    return values.some(missing) ? null : combine(...values.map((value) => array(value, operator)));
  };

export const SETS: Record<string, Operator> = {
  $setUnion: sets('$setUnion', (...lists) => toSet(lists.flat())),
  $setIntersection: sets('$setIntersection', (first = [], ...others) =>
    toSet(first.filter((value) => others.every((other) => has(other, value)))),
  ),
  $setDifference: sets('$setDifference', (first = [], second = []) =>
    first.filter((value, position) => !has(second, value) && !has(first.slice(0, position), value)),
  ),
  $setIsSubset: sets('$setIsSubset', (first = [], second = []) => first.every((value) => has(second, value))),
  $setEquals: sets('$setEquals', (first = [], ...others) =>
    others.every((other) => other.every((value) => has(first, value)) && first.every((value) => has(other, value))),
  ),
  $anyElementTrue: (operand, run) => array(run(listOf(operand)[0]), '$anyElementTrue').some(isTrue),
  $allElementsTrue: (operand, run) => array(run(listOf(operand)[0]), '$allElementsTrue').every(isTrue),
};
