import { isDocument, isNumeric, isRegExp, toDouble, typeName } from '../bson';
import { compare, equal } from '../compare';
import { structuredCopy } from '../documents';
import { badValue, failedToParse, typeMismatch } from '../errors';
import { compileCondition, compileFilter } from '../matcher';
import { compareByKeys, parseSort } from '../sort';
import { each } from './each';
import { type Apply, type Place, write } from './places';

const arrayAt = (place: Place, value: unknown, operator: string, path: string): unknown[] | undefined => {
  if (value === undefined) return undefined;
  if (!Array.isArray(value))
    throw operator === '$pop'
      ? typeMismatch(`Path '${path}' contains an element of non-array type '${typeName(value)}'`)
      : badValue(`The field '${place.key}' must be an array but is of type ${typeName(value)} in document`);
  return value as unknown[];
};

function assertPushSort(sort: unknown): void {
  if (!isNumeric(sort) && !isDocument(sort))
    throw badValue('The $sort is invalid: use 1/-1 to sort the whole element, or {field:1/-1} to sort embedded fields');
  if (isNumeric(sort) ? ![1, -1].includes(toDouble(sort)) : Object.keys(sort).length === 0)
    throw badValue('The $sort element value must be either 1 or -1');
}

export function push(path: string, operand: unknown): Apply {
  const modifiers = isDocument(operand) && '$each' in operand ? operand : undefined;
  if (modifiers !== undefined) {
    for (const key of Object.keys(modifiers))
      if (!['$each', '$slice', '$sort', '$position'].includes(key)) throw badValue(`Unrecognized clause in $push: ${key}`);
    if (!Array.isArray(modifiers.$each))
      throw badValue(`The argument to $each in $push must be an array but it was of type ${typeName(modifiers.$each)}`);
    for (const clause of ['$slice', '$position'] as const)
      if (modifiers[clause] !== undefined && !(isNumeric(modifiers[clause]) && Number.isInteger(toDouble(modifiers[clause]))))
        throw badValue(`The value for ${clause} must be an integer value but was given type: ${typeName(modifiers[clause])}`);
    if (modifiers.$sort !== undefined) assertPushSort(modifiers.$sort);
  }
  const added = modifiers === undefined ? [operand] : (modifiers.$each as unknown[]);
  return each(true, (place, value) => {
    const list = [...(arrayAt(place, value, '$push', path) ?? [])];
    const position = modifiers?.$position === undefined ? list.length : toDouble(modifiers.$position);
    list.splice(position, 0, ...structuredCopy(added));
    if (modifiers?.$sort !== undefined) {
      if (isNumeric(modifiers.$sort)) list.sort((a, b) => compare(a, b) * toDouble(modifiers.$sort));
      else {
        const keys = parseSort(modifiers.$sort);
        list.sort((a, b) => compareByKeys(keys, isDocument(a) ? a : {}, isDocument(b) ? b : {}));
      }
    }
    const slice = modifiers?.$slice === undefined ? undefined : toDouble(modifiers.$slice);
    write(place, slice === undefined ? list : slice < 0 ? list.slice(slice) : list.slice(0, slice));
  })(path);
}

export function addToSet(path: string, operand: unknown): Apply {
  const added = isDocument(operand) && '$each' in operand ? operand.$each : [operand];
  if (!Array.isArray(added)) throw typeMismatch('The argument to $each in $addToSet must be an array');
  return each(true, (place, value) => {
    const list = [...(arrayAt(place, value, '$addToSet', path) ?? [])];
    for (const element of added) if (!list.some((other) => equal(other, element))) list.push(structuredCopy(element));
    write(place, list);
  })(path);
}

/** Which elements go: those equal to a value, those that meet a condition, or documents by their fields. */
function pullTest(operand: unknown): (element: unknown) => boolean {
  if (isDocument(operand) && Object.keys(operand)[0]?.startsWith('$') !== true) {
    const matches = compileFilter(operand);
    return (element) => isDocument(element) && matches(element);
  }
  // A value is compared with the element itself; a filter would look into an array as well.
  if (!isDocument(operand) && !isRegExp(operand)) return (element) => equal(element, operand);
  const test = compileCondition(operand);
  return (element) => test([element]);
}
export function pull(path: string, operand: unknown): Apply {
  const goes = pullTest(operand);
  return each(false, (place, value) => {
    const list = arrayAt(place, value, '$pull', path);
    if (list !== undefined)
      write(
        place,
        list.filter((element) => !goes(element)),
      );
  })(path);
}

export function pop(path: string, operand: unknown): Apply {
  const end = isNumeric(operand) ? toDouble(operand) : 0;
  if (end !== 1 && end !== -1) throw failedToParse(`$pop expects 1 or -1, found: ${JSON.stringify(operand)}`);
  return each(false, (place, value) => {
    const list = arrayAt(place, value, '$pop', path);
    if (list !== undefined) write(place, end === 1 ? list.slice(0, -1) : list.slice(1));
  })(path);
}
export function pullAll(path: string, operand: unknown): Apply {
  if (!Array.isArray(operand)) throw badValue('$pullAll requires an array argument');
  return each(false, (place, value) => {
    const list = arrayAt(place, value, '$pullAll', path);
    if (list !== undefined)
      write(
        place,
        list.filter((element) => !operand.some((other) => equal(other, element))),
      );
  })(path);
}
