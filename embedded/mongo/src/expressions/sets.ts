import { isTrue } from '../bson';
import { compare, encodeKey, equal } from '../compare';
import { type Expression, failure, missing, type Operator, type Operators } from './expression';
import { array, eager, list } from './operands';

const keyOf = (value: unknown) => encodeKey(value).toString('latin1');
const keysOf = (values: unknown[]) => new Set(values.map(keyOf));
/** Arrays as sets, each value once, in the order of values. */
const toSet = (values: unknown[]): unknown[] =>
  [...values].sort(compare).filter((value, position, all) => position === 0 || !equal(value, all[position - 1]));

/** Null or missing makes the result null, or is refused where MongoDB refuses it. */
const sets =
  (least: number, most: number, code: number, ofNull: 'null' | 'refused', combine: (lists: unknown[][]) => unknown): Operator =>
  (operand, compiler) => {
    const parts: Expression[] = list(operand, compiler, least, most);
    return (scope) => {
      const values = parts.map((part) => part(scope));
      if (ofNull === 'null' && values.some(missing)) return null;
      const lists = values.map((value) => array(value, compiler.operator, code));
      scope.work.visit(lists.reduce((count, { length }) => count + length, 0));
      return combine(lists);
    };
  };
const all = (operator: string, code: number, test: (values: unknown[]) => boolean): Operator =>
  eager(1, 1, ([value]) => {
    if (!Array.isArray(value)) throw failure(`${operator}'s argument must be an array`, code);
    return test(value);
  });

export const SETS: Operators = {
  $setUnion: sets(0, Infinity, 17043, 'null', (lists) => toSet(lists.flat())),
  $setIntersection: sets(0, Infinity, 17047, 'null', ([first = [], ...others]) => {
    const keys = others.map(keysOf);
    return toSet(first.filter((value) => keys.every((other) => other.has(keyOf(value)))));
  }),
  $setDifference: sets(2, 2, 17048, 'null', ([first = [], second = []]) => {
    const gone = keysOf(second);
    return first.filter((value) => {
      const key = keyOf(value);
      if (gone.has(key)) return false;
      gone.add(key);
      return true;
    });
  }),
  $setIsSubset: sets(2, 2, 17046, 'refused', ([first = [], second = []]) => {
    const keys = keysOf(second);
    return first.every((value) => keys.has(keyOf(value)));
  }),
  $setEquals: sets(2, Infinity, 17044, 'refused', ([first = [], ...others]) => {
    const keys = keysOf(first);
    return others.map(keysOf).every((other) => other.size === keys.size && [...other].every((key) => keys.has(key)));
  }),
  $anyElementTrue: all('$anyElementTrue', 17041, (values) => values.some(isTrue)),
  $allElementsTrue: all('$allElementsTrue', 17040, (values) => values.every(isTrue)),
};
