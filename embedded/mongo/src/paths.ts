import { isDocument } from './bson';

const INDEX = /^(0|[1-9]\d*)$/;

/** What a dotted path leads to: through arrays it leads to several values. */
export function valuesAt(doc: unknown, path: string): unknown[] {
  const found: unknown[] = [];
  walk(doc, path.split('.'), 0, found);
  return found;
}
function walk(value: unknown, parts: string[], at: number, found: unknown[]): void {
  const part = parts[at];
  if (part === undefined) {
    found.push(value);
    return;
  }
  if (Array.isArray(value)) {
    if (INDEX.test(part) && Number(part) < value.length) walk(value[Number(part)], parts, at + 1, found);
    for (const element of value) if (isDocument(element)) walk(element, parts, at, found);
    return;
  }
  if (isDocument(value) && Object.hasOwn(value, part)) walk(value[part], parts, at + 1, found);
  else found.push(undefined);
}

/** The value at a path without spreading over arrays; undefined where there is none. */
export function valueAt(doc: unknown, path: string): unknown {
  let value = doc;
  for (const part of path.split('.')) {
    if (Array.isArray(value) && INDEX.test(part)) value = value[Number(part)];
    else if (isDocument(value) && Object.hasOwn(value, part)) value = value[part];
    else return undefined;
  }
  return value;
}
export const isIndexPart = (part: string) => INDEX.test(part);
