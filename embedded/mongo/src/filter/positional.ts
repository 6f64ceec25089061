import { type Doc, fieldsOf, isDocument } from '../bson';
import { branchesOf, compileCondition, compileElemMatch, compileFilter } from './filter';
import { isOperators } from './leaves';

/**
 * These say what no element is, or speak of the array as a whole: none of them points at an
 * element.
 */
const NEGATIONS = ['$ne', '$nin', '$not'];
const OF_THE_ARRAY = ['$exists', '$size'];
/** The part of a condition that can point at an element; undefined where there is none. */
function pointing(condition: unknown, ofElement: boolean): unknown {
  if (!isOperators(condition)) return condition;
  const kept = Object.entries(condition).filter(
    ([operator, operand]) =>
      !NEGATIONS.includes(operator) && (ofElement ? operator !== '$exists' || operand !== false : !OF_THE_ARRAY.includes(operator)),
  );
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}

function elementTest(rest: string, condition: unknown, elements: unknown[]): (element: unknown) => boolean {
  const [, index] = /^(\d+)(?:\.|$)/.exec(rest) ?? [];
  if (index !== undefined) return (element) => element === elements[Number(index)];
  if (rest === '' && isDocument(condition) && '$elemMatch' in condition) return compileElemMatch(condition.$elemMatch);
  if (rest === '') {
    const { single } = compileCondition(condition);
    return (element) => single(element);
  }
  const matches = compileFilter({ [rest]: condition });
  return (element) => isDocument(element) && matches(element);
}

/**
 * The position of the element of the array at `path` that made the filter match: what `$` stands
 * for. Of several conditions the last decides. Undefined where no condition points at an element.
 */
export function matchedPosition(doc: Doc, elements: unknown[], path: string, filter: Doc): number | undefined {
  const tests: ((element: unknown) => boolean)[] = [];
  const collect = (part: Doc) => {
    for (const [name, given] of fieldsOf(part)) {
      if (name === '$and') branchesOf(name, given).forEach(collect);
      if (name === '$or') {
        const branch = branchesOf(name, given).find((candidate) => compileFilter(candidate)(doc));
        if (branch !== undefined) collect(branch);
      }
      if (name.startsWith('$') || (name !== path && !name.startsWith(`${path}.`))) continue;
      const condition = pointing(given, name !== path);
      if (condition !== undefined) tests.push(elementTest(name.slice(path.length + 1), condition, elements));
    }
  };
  collect(filter);
  for (const test of tests.reverse()) {
    const found = elements.findIndex(test);
    if (found >= 0) return found;
  }
  return undefined;
}
