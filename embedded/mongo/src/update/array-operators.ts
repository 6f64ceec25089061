import { firstKey, isArray, isDocument, isNumeric, isRegExp, toDouble, typeOf } from '../bson';
import { compare, encodeKey, equal } from '../compare';
import { structuredCopy } from '../documents';
import { badValue, failedToParse, typeMismatch } from '../errors';
import { compileCondition, compileFilter } from '../filter/filter';
import { shown } from '../shown';
import { compareByKeys, parseSort } from '../sort';
import type { FieldOperator } from './field-operators';
import { type Place, write } from './update-paths';

const arrayAt = (place: Place, value: unknown, operator: string, path: string): unknown[] | undefined => {
  if (value === undefined) return undefined;
  if (!isArray(value))
    throw operator === '$pop'
      ? typeMismatch(`Path '${path}' contains an element of non-array type '${typeOf(value)}'`)
      : badValue(`The field '${place.key}' must be an array but is of type ${typeOf(value)} in document`);
  return value;
};

/** Compares by position, or by fields of the elements where they are documents. */
function pushOrder(sort: unknown): (a: unknown, b: unknown) => number {
  if (isNumeric(sort)) {
    const direction = toDouble(sort);
    if (direction !== 1 && direction !== -1) throw badValue('The $sort element value must be either 1 or -1');
    return (a, b) => compare(a, b) * direction;
  }
  if (!isDocument(sort) || firstKey(sort) === undefined)
    throw badValue('The $sort is invalid: use 1/-1 to sort the whole element, or {field:1/-1} to sort embedded fields');
  const order = compareByKeys(parseSort(sort));
  return (a, b) => order(isDocument(a) ? a : {}, isDocument(b) ? b : {});
}
const clause = (name: string, value: unknown): number | undefined => {
  if (value === undefined) return undefined;
  if (!isNumeric(value) || !Number.isInteger(toDouble(value)))
    throw badValue(`The value for ${name} must be an integer value but was given type: ${typeOf(value)}`);
  return toDouble(value);
};

export const push: FieldOperator = (path, operand) => {
  const modifiers = isDocument(operand) && '$each' in operand ? operand : undefined;
  for (const key of Object.keys(modifiers ?? {}))
    if (!['$each', '$slice', '$sort', '$position'].includes(key)) throw badValue(`Unrecognized clause in $push: ${key}`);
  const added: unknown = modifiers === undefined ? [operand] : modifiers.$each;
  if (!isArray(added)) throw badValue(`The argument to $each in $push must be an array but it was of type ${typeOf(modifiers?.$each)}`);
  const slice = clause('$slice', modifiers?.$slice);
  const position = clause('$position', modifiers?.$position);
  const order = modifiers?.$sort === undefined ? undefined : pushOrder(modifiers.$sort);
  return {
    create: true,
    change(place, value) {
      const list = [...(arrayAt(place, value, '$push', path) ?? [])];
      // Not spread as arguments: there may be more than a call takes.
      const at = Math.min(
        list.length,
        position === undefined ? list.length : position < 0 ? Math.max(0, list.length + position) : position,
      );
      let all = [...list.slice(0, at), ...structuredCopy(added), ...list.slice(at)];
      if (order !== undefined) all.sort(order);
      if (slice !== undefined) all = slice < 0 ? all.slice(slice) : all.slice(0, slice);
      write(place, all);
    },
  };
};

const keyOf = (value: unknown) => encodeKey(value).toString('latin1');
export const addToSet: FieldOperator = (path, operand) => {
  const modifiers = isDocument(operand) && firstKey(operand) === '$each' ? operand : undefined;
  for (const key of Object.keys(modifiers ?? {}))
    if (key !== '$each') throw badValue(`Found unexpected fields after $each in $addToSet: ${key}`);
  const added: unknown = modifiers === undefined ? [operand] : modifiers.$each;
  if (!Array.isArray(added)) throw typeMismatch('The argument to $each in $addToSet must be an array');
  return {
    create: true,
    change(place, value) {
      const list = [...(arrayAt(place, value, '$addToSet', path) ?? [])];
      if (added.length === 1) {
        if (!list.some((other) => equal(other, added[0]))) list.push(structuredCopy(added[0]));
      } else {
        const known = new Set(list.map(keyOf));
        for (const element of added) {
          const key = keyOf(element);
          if (!known.has(key)) list.push(structuredCopy(element));
          known.add(key);
        }
      }
      write(place, list);
    },
  };
};

/**
 * Which elements go: those equal to a value, those that meet a condition, or documents that match a
 * filter.
 */
function pullTest(operand: unknown): (element: unknown) => boolean {
  const first = isDocument(operand) ? (firstKey(operand) ?? '') : '';
  if (isDocument(operand) && (!first.startsWith('$') || ['$and', '$or', '$nor'].includes(first))) {
    const matches = compileFilter(operand);
    return (element) => isDocument(element) && matches(element);
  }
  // A value is compared with the element itself; a condition looks into an array as well.
  if (!isDocument(operand) && !isRegExp(operand)) return (element) => equal(element, operand);
  const { values } = compileCondition(operand);
  return (element) => values([element], []);
}
const filtering = (path: string, operator: string, goes: (element: unknown) => boolean): ReturnType<FieldOperator> => ({
  create: false,
  change(place, value) {
    const list = arrayAt(place, value, operator, path);
    if (list !== undefined)
      write(
        place,
        list.filter((element) => !goes(element)),
      );
  },
});
export const pull: FieldOperator = (path, operand) => filtering(path, '$pull', pullTest(operand));
export const pullAll: FieldOperator = (path, operand) => {
  if (!Array.isArray(operand)) throw badValue('$pullAll requires an array argument');
  const keys = new Set(operand.map(keyOf));
  return filtering(path, '$pullAll', (element) => keys.has(keyOf(element)));
};

export const pop: FieldOperator = (path, operand) => {
  const end = isNumeric(operand) ? toDouble(operand) : 0;
  if (end !== 1 && end !== -1) throw failedToParse(`$pop expects 1 or -1, found: ${shown(operand)}`);
  return {
    create: false,
    change(place, value) {
      const list = arrayAt(place, value, '$pop', path);
      if (list !== undefined) write(place, end === 1 ? list.slice(0, -1) : list.slice(1));
    },
  };
};
