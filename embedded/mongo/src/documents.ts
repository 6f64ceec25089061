import { type Doc, isDocument, own, put, remove } from './bson';

/** The element at a position that exists. */
export function itemAt<T>(list: readonly T[], position: number): T {
  const item = list[position];
  if (item === undefined) throw new RangeError(`there is no element at ${position}`);
  return item;
}

/** Values that are neither documents nor arrays are shared: nothing ever changes one in place. */
export const structuredCopy = <T>(value: T): T => {
  if (Array.isArray(value)) return value.map(structuredCopy) as T;
  if (!isDocument(value)) return value;
  const copy: Doc = { ...value };
  for (const key of Object.keys(copy)) {
    const field = copy[key];
    if (typeof field === 'object') copy[key] = structuredCopy(field);
  }
  return copy as T;
};

/**
 * Sets a path as $addFields does: in every element of an array on the way; a value that is no
 * document becomes one.
 */
export function setPath(doc: Doc, parts: string[], value: unknown): void {
  const [part = '', ...rest] = parts;
  put(doc, part, rest.length === 0 ? value : within(own(doc, part), rest, value));
}
function within(inner: unknown, parts: string[], value: unknown): unknown {
  if (Array.isArray(inner)) return inner.map((element) => within(element, parts, value));
  const doc = isDocument(inner) ? inner : {};
  setPath(doc, parts, value);
  return doc;
}

/**
 * Sets a computed field; a missing value removes the field, but makes the documents that lead to
 * it.
 */
export function setComputed(doc: Doc, parts: string[], value: unknown): void {
  if (value !== undefined || parts.length > 1) setPath(doc, parts, value ?? null);
  if (value === undefined) unsetAt(doc, parts);
}

export function unsetAt(doc: unknown, parts: string[]): void {
  const [part = '', ...rest] = parts;
  if (Array.isArray(doc)) {
    for (const element of doc) unsetAt(element, parts);
    return;
  }
  if (!isDocument(doc)) return;
  if (rest.length === 0) remove(doc, part);
  else unsetAt(own(doc, part), rest);
}
