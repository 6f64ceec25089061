import { type Doc, documentFrom, fieldsOf, firstKey, isDocument, isRegExp, isTrue } from '../bson';
import { badValue, notHere } from '../errors';
import { compileExpression, evaluate } from '../expressions/compile';
import type { Variables } from '../expressions/expression';
import { valuesAt } from '../paths';
import { storedShape } from '../geo/geometry';
import { type GeoTest, intersecting, within } from '../geo/regions';
import { regexOf } from '../regex';
import { BIT_OPERATORS, bitsTest } from './bits';
import { type Condition, each, equalTo, every, isOperators, matching, modulo, not, oneOf, ofSize, ofType, ordered, whole } from './leaves';

export type Matches = (doc: Doc) => boolean;
const NO_VALUES: readonly unknown[] = [];
export const FILTER_OPERATORS = ['$and', '$or', '$nor', '$expr', '$comment'];
const TOP_LEVEL_NOT_HERE = ['$text', '$where', '$jsonSchema', '$sampleRate', '$alwaysTrue', '$alwaysFalse'];

/**
 * A filter as a function. Faults are refused here, not when it runs. `variables`: what `$expr` may
 * name.
 */
export function compileFilter(filter: Doc, variables: Variables = {}): Matches {
  const tests = fieldsOf(filter).map(([name, condition]) => clause(name, condition, variables));
  const [only] = tests;
  if (tests.length === 1 && only !== undefined) return only;
  return (doc) => tests.every((test) => test(doc));
}

function clause(name: string, condition: unknown, variables: Variables): Matches {
  if (!name.startsWith('$')) {
    const { values } = compileCondition(condition);
    if (!/\.\d+$/.test(name)) return (doc) => values(valuesAt(doc, name), NO_VALUES);
    return (doc) => {
      const wholes: unknown[] = [];
      return values(valuesAt(doc, name, wholes), wholes);
    };
  }
  switch (name) {
    case '$and':
    case '$or':
    case '$nor': {
      const parts = branchesOf(name, condition).map((part) => compileFilter(part, variables));
      if (name === '$and') return (doc) => parts.every((part) => part(doc));
      if (name === '$or') return (doc) => parts.some((part) => part(doc));
      return (doc) => !parts.some((part) => part(doc));
    }
    case '$expr': {
      const expression = compileExpression(condition, Object.keys(variables));
      return (doc) => isTrue(evaluate(expression, doc, variables));
    }
    case '$comment':
      return () => true;
    default:
      if (TOP_LEVEL_NOT_HERE.includes(name)) throw notHere(name);
      throw badValue(`unknown top level operator: ${name}. If you are trying to match a field whose name begins with '$', use $getField`);
  }
}

/** The filters below $and, $or and $nor. */
export function branchesOf(operator: string, condition: unknown): Doc[] {
  if (!Array.isArray(condition) || condition.length === 0) throw badValue(`${operator} argument must be a non-empty array`);
  return condition.map((part: unknown) => {
    if (!isDocument(part)) throw badValue(`${operator} entries need to be full objects`);
    return part;
  });
}

/** The condition on one field. Unknown operators are refused by name here. */
export function compileCondition(condition: unknown): Condition {
  if (isRegExp(condition)) return matching(condition);
  if (!isOperators(condition)) return equalTo(condition);
  return every(
    Object.entries(condition).flatMap(([operator, operand]) => {
      const build = Object.hasOwn(OPERATORS, operator) ? OPERATORS[operator] : undefined;
      if (build !== undefined) return build(operand, condition) ?? [];
      if (AT_TOP.includes(operator)) throw badValue(`${operator} stands at the top of the filter of a find, a count or an update`);
      throw badValue(`unknown operator: ${operator}`);
    }),
  );
}

function all(operand: unknown): Condition {
  if (!Array.isArray(operand)) throw badValue('$all needs an array');
  if (operand.length === 0) return each(() => false);
  const matches = operand.map((element) => isOperators(element) && firstKey(element) === '$elemMatch');
  if (matches.includes(true) && matches.includes(false)) throw badValue('$all/$elemMatch has to be consistent');
  return every(
    operand.map((element: unknown, at) => {
      if (isOperators(element) && matches[at] !== true) throw badValue('no $ expressions in $all');
      return compileCondition(element);
    }),
  );
}

/** The condition of $elemMatch on one element. */
export function compileElemMatch(operand: unknown): (element: unknown) => boolean {
  if (!isDocument(operand)) throw badValue('$elemMatch needs an Object');
  const first = firstKey(operand) ?? '';
  if (first === '$expr') throw badValue('$expr can only be applied to the top-level document');
  if (isOperators(operand) && !['$and', '$or', '$nor', '$comment'].includes(first)) return compileCondition(operand).single;
  const matches = compileFilter(operand);
  return (element) =>
    (isDocument(element) && matches(element)) ||
    (Array.isArray(element) && matches(documentFrom(element.map((value: unknown, at): [string, unknown] => [String(at), value]))));
}
function elementMatching(operand: unknown): Condition {
  const test = compileElemMatch(operand);
  return whole((value) => Array.isArray(value) && value.some(test));
}

/** They order the found documents, so they stand at the top of a filter; see geo/near.ts. */
const AT_TOP = ['$near', '$nearSphere', '$maxDistance', '$minDistance'];
/** A value that is no shape lies nowhere. */
const geo = (test: GeoTest): Condition =>
  each((value) => {
    const shape = typeof value === 'object' ? storedShape(value) : undefined;
    return shape !== undefined && test(shape);
  });
type Build = (operand: unknown, all: Doc) => Condition | undefined;
const OPERATORS: Record<string, Build> = {
  $eq: equalTo,
  $ne: (operand) => {
    if (isRegExp(operand)) throw badValue("Can't have regex as arg to $ne.");
    return not(equalTo(operand));
  },
  $gt: (operand) => ordered('$gt', operand),
  $gte: (operand) => ordered('$gte', operand),
  $lt: (operand) => ordered('$lt', operand),
  $lte: (operand) => ordered('$lte', operand),
  $in: (operand) => oneOf(operand, '$in'),
  $nin: (operand) => not(oneOf(operand, '$nin')),
  $not: (operand) => {
    if (!isRegExp(operand) && !isOperators(operand)) throw badValue('$not needs a regex or a document');
    return not(compileCondition(operand));
  },
  // `$exists: false`: no place that the path leads to has a value.
  $exists: (operand) => {
    const exists = whole((value) => value !== undefined);
    return isTrue(operand) ? exists : not(exists);
  },
  $type: ofType,
  $regex: (operand, { $options }) => matching(regexOf(operand, $options)),
  $options: (_, condition) => {
    if (!('$regex' in condition)) throw badValue('$options needs a $regex');
    return undefined;
  },
  $mod: modulo,
  $all: all,
  $elemMatch: elementMatching,
  $size: ofSize,
  $geoWithin: (operand) => geo(within(operand)),
  $within: (operand) => geo(within(operand)),
  $geoIntersects: (operand) => geo(intersecting(operand)),
  ...Object.fromEntries(BIT_OPERATORS.map((operator): [string, Build] => [operator, (operand) => each(bitsTest(operator, operand))])),
};
export const FIELD_OPERATORS = Object.keys(OPERATORS);
