import { type Doc, Double, Int32, isDocument, isNumeric, type Numeric, toDouble } from '../bson';
import { compare, encodeKey } from '../compare';
import { MongoError, notHere } from '../errors';
import { evaluate, type Variables } from '../expressions/evaluate';
import { add, average, wrap } from '../numbers';
import type { Stage } from './stages';

interface Accumulator {
  add(value: unknown): void;
  result(): unknown;
}
const ACCUMULATORS: Record<string, () => Accumulator> = {
  $sum: () => {
    let total: unknown = new Int32(0);
    return {
      add: (value) =>
        void (isNumeric(value) && isNumeric(total) && (total = add(total, value) ?? new Double(toDouble(total) + toDouble(value)))),
      result: () => total,
    };
  },
  $avg: () => {
    const values: Numeric[] = [];
    return { add: (value) => void (isNumeric(value) && values.push(value)), result: () => average(values) };
  },
  $min: () => best(-1),
  $max: () => best(1),
  $first: () => {
    const values: unknown[] = [];
    return { add: (value) => void (values.length === 0 && values.push(value ?? null)), result: () => values[0] ?? null };
  },
  $last: () => {
    let last: unknown = null;
    return { add: (value) => void (last = value ?? null), result: () => last };
  },
  $push: () => {
    const values: unknown[] = [];
    return { add: (value) => void (value !== undefined && values.push(value)), result: () => values };
  },
  $addToSet: () => {
    const values = new Map<string, unknown>();
    return {
      add: (value) => void (value !== undefined && values.set(encodeKey(value).toString('latin1'), value)),
      result: () => [...values.values()],
    };
  },
  $mergeObjects: () => {
    const merged: Doc = {};
    return { add: (value) => void (isDocument(value) && Object.assign(merged, value)), result: () => merged };
  },
  $count: () => {
    let n = 0;
    return { add: () => void (n += 1), result: () => wrap(n) };
  },
};
function best(sign: number): Accumulator {
  let found: unknown;
  return {
    add: (value) =>
      void (value !== undefined && value !== null && (found === undefined || compare(value, found) * sign > 0) && (found = value)),
    result: () => found ?? null,
  };
}

export function compileGroup(spec: unknown): Stage {
  if (!isDocument(spec)) throw new MongoError(15947, 'Location15947', "a group's fields must be specified in an object");
  if (!('_id' in spec)) throw new MongoError(15955, 'Location15955', 'a group specification must include an _id');
  const { _id, ...fields } = spec;
  return grouping(fields, (doc, variables) => evaluate(_id, doc, variables) ?? null);
}

/** One document for each key, with what the accumulators made of its documents. */
export function grouping(spec: Doc, keyOf: (doc: Doc, variables: Variables) => unknown): Stage {
  const fields = Object.entries(spec).map(([name, value]) => {
    const [operator = '', expression] = isDocument(value) ? (Object.entries(value)[0] ?? []) : [];
    if (isDocument(value) && Object.keys(value).length > 1)
      throw new MongoError(40238, 'Location40238', `The field '${name}' must specify one accumulator`);
    const create = Object.hasOwn(ACCUMULATORS, operator) ? ACCUMULATORS[operator] : undefined;
    if (create === undefined)
      throw operator === ''
        ? new MongoError(40234, 'Location40234', `The field '${name}' must be an accumulator object`)
        : notHere(`the accumulator ${operator}`);
    return { name, create, expression };
  });
  return (docs, { variables }) => {
    const groups = new Map<string, { id: unknown; accumulators: Accumulator[] }>();
    for (const doc of docs) {
      const id = keyOf(doc, variables);
      const key = encodeKey(id).toString('latin1');
      let entry = groups.get(key);
      if (entry === undefined) groups.set(key, (entry = { id, accumulators: fields.map(({ create }) => create()) }));
      fields.forEach(({ expression }, at) => entry.accumulators[at]?.add(evaluate(expression, doc, variables)));
    }
    return [...groups.values()].map(({ id, accumulators }) => ({
      _id: id,
      ...Object.fromEntries(fields.map(({ name }, at) => [name, accumulators[at]?.result()])),
    }));
  };
}
export const ACCUMULATOR_NAMES = Object.keys(ACCUMULATORS);
