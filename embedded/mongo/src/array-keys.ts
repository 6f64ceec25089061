import { type Doc, isArray, isDocument, own } from './bson';
import { badValue } from './errors';
import { isIndexPart } from './paths';

/** Stands for an empty array, which is below null. */
export const EMPTY = Symbol('empty array');
/** One path, and where its value belongs in a tuple. */
interface Slot {
  at: number;
  parts: string[];
}

const parallelArrays = () => badValue('cannot sort with keys that are parallel arrays');

/**
 * The values that several paths have together: one tuple, or, where the paths lead into an array,
 * one for each of its elements. Paths through the same array stay together, element by element.
 */
export function tuplesOf(doc: Doc, paths: readonly string[][]): unknown[][] {
  return expand(
    doc,
    paths.map((parts, at) => ({ at, parts })),
    new Array<unknown>(paths.length).fill(null),
  );
}

function expand(doc: Doc, slots: Slot[], tuple: unknown[]): unknown[][] {
  let array: unknown[] | undefined;
  const inArray: Slot[] = [];
  const filled = [...tuple];
  for (const { at, parts } of slots) {
    const { value, rest } = follow(doc, parts);
    if (!isArray(value)) {
      filled[at] = rest.length === 0 ? (value ?? null) : null;
      continue;
    }
    if (array !== undefined && array !== value) throw parallelArrays();
    array = value;
    inArray.push({ at, parts: rest });
  }
  if (array === undefined) return [filled];
  if (array.length === 0) {
    for (const { at, parts } of inArray) filled[at] = parts.length === 0 ? EMPTY : null;
    return [filled];
  }
  const elements = array;
  return elements.flatMap((element: unknown) => {
    const below: Slot[] = [];
    const own = [...filled];
    for (const { at, parts } of inArray) {
      const [part] = parts;
      if (part === undefined) own[at] = element ?? null;
      else if (isDocument(element)) below.push({ at, parts });
      else own[at] = null;
    }
    return below.length === 0 || !isDocument(element) ? [own] : expand(element, below, own);
  });
}
/** Follows a path through documents and named positions of arrays, up to its end or to an array. */
function follow(doc: Doc, parts: string[]): { value: unknown; rest: string[] } {
  let value: unknown = doc;
  for (const [at, part] of parts.entries()) {
    if (Array.isArray(value)) {
      if (!isIndexPart(part) || Number(part) >= value.length) return { value, rest: parts.slice(at) };
      value = value[Number(part)];
    } else if (isDocument(value)) value = own(value, part);
    else return { value: undefined, rest: [] };
  }
  return { value, rest: [] };
}
