import { type Doc, fieldsOf, isArray, isDocument, isTrue } from '../bson';
import { encodeKey, equal } from '../compare';
import { isOperators } from '../filter/leaves';
import { type Index, isGeo } from '../storage/keys';
import { type Conditions, demandsValue, type Range, rangeOf } from './conditions';

const within = (inner: Range, outer: Range) => Buffer.compare(inner.low, outer.low) >= 0 && Buffer.compare(inner.high, outer.high) <= 0;
const holds = (point: unknown, { low, high }: Range) => {
  const bytes = encodeKey(point);
  return Buffer.compare(bytes, low) >= 0 && Buffer.compare(bytes, high) < 0;
};

/** Whether what a query says of a path implies one operator of a partial index's filter. */
function implies(given: Conditions | undefined, operator: string, operand: unknown): boolean {
  if (given === undefined) return false;
  const everyPoint = (test: (point: unknown) => boolean) =>
    given.points !== undefined && given.points.length > 0 && given.points.every(test);
  if (operator === '$exists') return isTrue(operand) && demandsValue(given);
  if (operator === '$eq') return everyPoint((point) => equal(point, operand));
  if (operator === '$in') return Array.isArray(operand) && everyPoint((point) => operand.some((value) => equal(value, point)));
  const range = ['$gt', '$gte', '$lt', '$lte'].includes(operator) ? rangeOf(operator, operand) : undefined;
  if (range === undefined) return false;
  // One element in a narrower range is one in the wider range, so a single bound decides, arrays or
  // not.
  return everyPoint((point) => holds(point, range)) || given.ranges.some((inner) => within(inner, range));
}

/** A partial or sparse index may answer only what it holds all of. */
export function usable(index: Index, conditions: Map<string, Conditions>): boolean {
  if (isGeo(index)) return false;
  if (index.sparse && !index.keys.some(({ path }) => demandsValue(conditions.get(path)))) return false;
  return index.partial === undefined || covered(index.partial, conditions);
}
const covered = (partial: Doc, conditions: Map<string, Conditions>): boolean =>
  fieldsOf(partial).every(([path, wanted]) => {
    if (path === '$and') return isArray(wanted) && wanted.every((part) => isDocument(part) && covered(part, conditions));
    if (path.startsWith('$')) return false;
    if (isOperators(wanted)) return Object.entries(wanted).every(([operator, operand]) => implies(conditions.get(path), operator, operand));
    return implies(conditions.get(path), '$eq', wanted);
  });
