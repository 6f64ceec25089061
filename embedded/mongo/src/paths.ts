import { has, isDocument, own } from './bson';

const INDEX = /^(0|[1-9]\d*)$/;
export const isIndexPart = (part: string) => INDEX.test(part);

/**
 * What a dotted path leads to: through arrays it leads to several values. `wholes` takes the arrays
 * that a position at the end of the path names: a filter does not look into them.
 */
export function valuesAt(doc: unknown, path: string, wholes?: unknown[]): unknown[] {
  const found: unknown[] = [];
  descend(doc, path.includes('.') ? path.split('.') : [path], 0, found, wholes);
  return found;
}
function descend(value: unknown, parts: string[], at: number, found: unknown[], wholes?: unknown[]): void {
  const part = parts[at];
  if (part === undefined) {
    found.push(value);
    return;
  }
  if (Array.isArray(value)) {
    if (INDEX.test(part) && Number(part) < value.length) {
      const element: unknown = value[Number(part)];
      if (wholes !== undefined && at === parts.length - 1 && Array.isArray(element)) wholes.push(element);
      else descend(element, parts, at + 1, found, wholes);
    }
    for (const element of value) if (isDocument(element)) descend(element, parts, at, found, wholes);
    return;
  }
  if (isDocument(value) && has(value, part)) descend(own(value, part), parts, at + 1, found, wholes);
  else found.push(undefined);
}

/** The value at a path without spreading over arrays; undefined where there is none. */
export function valueAt(doc: unknown, path: string): unknown {
  let value = doc;
  for (const part of path.split('.')) {
    if (Array.isArray(value) && INDEX.test(part)) value = value[Number(part)];
    else if (isDocument(value)) value = own(value, part);
    else return undefined;
  }
  return value;
}

/** Names with a dollar sign that a path may contain: the fields of a DBRef. */
export const isDbRefField = (part: string) => part === '$id' || part === '$ref' || part === '$db';
