import { documentFrom, fieldsOf, isArray, isDocument, isTrue, namesOf } from '../bson';
import { wrap } from '../numbers';
import { boundedArray } from '../work-limit';
import { type Expression, failure, found, missing, type Operator, type Operators, type Scope } from './expression';
import { compareMissing } from './logic';
import { array, eager, exactly, list, named, strict, variableName, whole } from './operands';

const end = (index: 0 | -1, operator: string): Operator =>
  eager(1, 1, ([value]) => (missing(value) ? null : array(value, operator, 28689).at(index)));

const bind = (scope: Scope, more: Record<string, unknown>): Scope => ({ ...scope, variables: { ...scope.variables, ...more } });

/** `{ input, as, ... }`: the array, and one more operand that sees each element under a name. */
function elementwise(
  operator: string,
  field: 'cond' | 'in',
  optional: string[],
  apply: (elements: unknown[], each: (element: unknown) => unknown, more: { limit: unknown }) => unknown,
): Operator {
  return (operand, { compile }) => {
    const fields = named(operand, operator, ['input', field], ['as', ...optional]);
    const name = fields.as === undefined ? 'this' : variableName(fields.as, operator);
    const input = compile(fields.input);
    const body = compile(fields[field], [name]);
    const limit = fields.limit === undefined ? undefined : compile(fields.limit);
    return (scope) => {
      const value = input(scope);
      if (missing(value)) return null;
      const elements = array(value, operator, operator === '$filter' ? 28651 : 16883);
      scope.work.visit(elements.length);
      return apply(elements, (element) => body(bind(scope, { [name]: element })), { limit: limit?.(scope) });
    };
  };
}

function entry(given: unknown): [string, unknown] {
  const isPair = isArray(given);
  if (isPair ? given.length !== 2 : !isDocument(given) || namesOf(given).sort().join() !== 'k,v')
    throw failure('$arrayToObject requires an array of pairs, or of objects with the fields k and v', isPair ? 40397 : 40392);
  const [key, value] = isPair ? given : isDocument(given) ? [given.k, given.v] : [];
  if (typeof key !== 'string' || key.includes('\0'))
    throw failure(`$arrayToObject requires each key to be a string without zero bytes, found: ${found(key)}`, 40395);
  return [key, value];
}

/** `[array, value, start?, end?]`, positions counted in elements. */
function indexOf(parts: Expression[]): Expression {
  return (scope) => {
    const [values, wanted, first, last] = parts.map((part) => part(scope));
    if (missing(values)) return null;
    const elements = array(values, '$indexOfArray', 40090);
    const from = parts.length > 2 ? position(first, '$indexOfArray') : 0;
    const to = parts.length > 3 ? position(last, '$indexOfArray') : elements.length;
    scope.work.visit(elements.length);
    for (let at = from; at < Math.min(to, elements.length); at += 1) if (compareMissing(elements[at], wanted) === 0) return wrap(at);
    return wrap(-1);
  };
}
export const position = (value: unknown, operator: string): number => {
  const at = whole(value, operator, 40096);
  if (at < 0) throw failure(`${operator} requires a nonnegative position, found: ${at}`, 40097);
  return at;
};

export const ARRAYS: Operators = {
  $size: eager(1, 1, ([value]) => wrap(array(value, '$size').length)),
  $isArray: eager(1, 1, ([value]) => Array.isArray(value)),
  $arrayElemAt: strict(2, (values, at) => array(values, '$arrayElemAt', 28689).at(whole(at, '$arrayElemAt', 28691))),
  $first: end(0, '$first'),
  $last: end(-1, '$last'),
  $in: (operand, compiler) => {
    const [wanted, values] = exactly(2, operand, compiler);
    return (scope) => {
      const value = wanted(scope);
      const elements = array(values(scope), '$in', 40081);
      scope.work.visit(elements.length);
      return elements.some((element) => compareMissing(element, value) === 0);
    };
  },
  $concatArrays: (operand, compiler) => {
    const parts = list(operand, compiler, 0, Infinity);
    return (scope) => {
      const all: unknown[] = [];
      for (const part of parts) {
        const value = part(scope);
        if (missing(value)) return null;
        const elements = array(value, '$concatArrays', 28664);
        scope.work.visit(elements.length);
        for (const element of elements) all.push(element);
        boundedArray(all);
      }
      return all;
    };
  },
  $slice: eager(2, 3, (given) => {
    const [values, first, count] = given;
    if (given.some(missing)) return null;
    const elements = array(values, '$slice', 28724);
    const start = whole(first, '$slice', 28726);
    if (given.length === 2) return start < 0 ? elements.slice(start) : elements.slice(0, start);
    const size = whole(count, '$slice', 28728);
    if (size <= 0) throw failure(`Third argument to $slice must be positive, found: ${size}`, 28729);
    const from = start < 0 ? Math.max(0, elements.length + start) : start;
    return elements.slice(from, from + size);
  }),
  $filter: elementwise('$filter', 'cond', ['limit'], (elements, each, { limit }) => {
    if (missing(limit)) return elements.filter((element) => isTrue(each(element)));
    const most = whole(limit, '$filter', 327391);
    if (most < 1) throw failure(`$filter: limit must be greater than 0, found: ${most}`, 327392);
    const kept: unknown[] = [];
    for (const element of elements) {
      if (isTrue(each(element))) kept.push(element);
      if (kept.length === most) break;
    }
    return kept;
  }),
  $map: elementwise('$map', 'in', [], (elements, each) => elements.map((element) => each(element) ?? null)),
  $objectToArray: strict(1, (value) => {
    if (!isDocument(value)) throw failure(`$objectToArray requires a document input, found: ${found(value)}`, 40390);
    return fieldsOf(value).map(([k, v]) => ({ k, v }));
  }),
  $arrayToObject: strict(1, (value) => {
    const entries = array(value, '$arrayToObject', 40386);
    if (new Set(entries.map(Array.isArray)).size > 1)
      throw failure('$arrayToObject needs a consistent format of input: all elements are arrays, or all are objects', 40396);
    return documentFrom(entries.map(entry));
  }),
  $reverseArray: strict(1, (value) => [...array(value, '$reverseArray', 34435)].reverse()),
  $indexOfArray: (operand, compiler) => indexOf(list(operand, compiler, 2, 4)),
  $reduce: (operand, { compile }) => {
    const fields = named(operand, '$reduce', ['input', 'initialValue', 'in']);
    const [input, initial] = [compile(fields.input), compile(fields.initialValue)];
    const body = compile(fields.in, ['value', 'this']);
    return (scope) => {
      const values = input(scope);
      if (missing(values)) return null;
      const elements = array(values, '$reduce', 40080);
      scope.work.visit(elements.length);
      let value = initial(scope);
      for (const element of elements) value = body(bind(scope, { value, this: element }));
      return value;
    };
  },
  $range: (operand, compiler) => {
    const parts = list(operand, compiler, 2, 3);
    return (scope) => {
      const [start = 0, stop = 0, step = 1] = parts.map((part) => whole(part(scope), '$range', 34443));
      if (step === 0) throw failure('$range requires a non-zero step value', 34449);
      const length = Math.max(0, Math.ceil((stop - start) / step));
      scope.work.visit(length);
      return boundedArray(Array.from({ length }, (_, at) => wrap(start + at * step)));
    };
  },
};
