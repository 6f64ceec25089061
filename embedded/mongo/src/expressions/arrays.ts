import { type Doc, isTrue, toDouble } from '../bson';
import { equal } from '../compare';
import { wrap } from '../numbers';
import { array, failure, listOf, missing, type Operator, strict } from './operator';

const MAX_RANGE = 1_000_000;
const at = (value: unknown, index: number, operator: string) => (missing(value) ? null : array(value, operator).at(index));

export const ARRAYS: Record<string, Operator> = {
  $size: (operand, run) => wrap(array(run(listOf(operand)[0]), '$size').length),
  $isArray: (operand, run) => Array.isArray(run(listOf(operand)[0])),
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
  $objectToArray: strict('$objectToArray', 1, (value) => Object.entries(value as Doc).map(([k, v]) => ({ k, v }))),
  $arrayToObject: strict('$arrayToObject', 1, (value) =>
    Object.fromEntries(
      array(value, '$arrayToObject').map((pair) =>
        Array.isArray(pair) ? (pair as [string, unknown]) : [String((pair as Doc).k), (pair as Doc).v],
      ),
    ),
  ),
  $reverseArray: strict('$reverseArray', 1, (value) => [...array(value, '$reverseArray')].reverse()),
  $indexOfArray: strict('$indexOfArray', 2, (values, wanted) =>
    wrap(array(values, '$indexOfArray').findIndex((element) => equal(element, wanted))),
  ),
  $reduce: (operand, run) => {
    const { input, initialValue, in: body } = operand as Doc;
    const values = run(input);
    if (missing(values)) return null;
    return array(values, '$reduce').reduce((value, element) => run(body, { value, this: element }) ?? null, run(initialValue));
  },
  $range: (operand, run) => {
    const [start = 0, end = 0, step = 1] = listOf(operand).map((part) => toDouble(run(part)));
    if (![start, end, step].every(Number.isInteger) || step === 0)
      throw failure('$range needs whole numbers, and a step that is not 0', 34443);
    const length = Math.max(0, Math.ceil((end - start) / step));
    if (length > MAX_RANGE) throw failure(`$range of more than ${MAX_RANGE} elements`, 50_000);
    return Array.from({ length }, (_, position) => wrap(start + position * step));
  },
};
