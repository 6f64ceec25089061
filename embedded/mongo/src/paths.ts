import { has, isDocument, own } from './bson';

const INDEX = /^(0|[1-9]\d*)$/;
export const isIndexPart = (part: string) => INDEX.test(part);

/** What a dotted path leads to: through arrays it leads to several values. */
export function valuesAt(doc: unknown, path: string): unknown[] {
  const found: unknown[] = [];
  descend(doc, path.includes('.') ? path.split('.') : [path], 0, found);
  return found;
}
function descend(value: unknown, parts: string[], at: number, found: unknown[]): void {
  const part = parts[at];
  if (part === undefined) {
    found.push(value);
    return;
  }
  if (Array.isArray(value)) {
    if (INDEX.test(part) && Number(part) < value.length) descend(value[Number(part)], parts, at + 1, found);
    for (const element of value) if (isDocument(element)) descend(element, parts, at, found);
    return;
  }
  if (isDocument(value) && has(value, part)) descend(own(value, part), parts, at + 1, found);
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
