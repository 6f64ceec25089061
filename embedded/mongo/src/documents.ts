import { type Doc, isDocument } from './bson';

/** Values that are neither documents nor arrays are shared: nothing ever changes one in place. */
export const structuredCopy = <T>(value: T): T => {
  if (Array.isArray(value)) return value.map(structuredCopy) as T;
  if (isDocument(value)) return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, structuredCopy(field)])) as T;
  return value;
};

export const own = (doc: Doc, key: string): unknown => (Object.hasOwn(doc, key) ? doc[key] : undefined);
/** Sets a field; one called `__proto__` is a field like any other. */
export const put = (doc: Doc, key: string, value: unknown): void => {
  if (key === '__proto__') Object.defineProperty(doc, key, { value, enumerable: true, configurable: true, writable: true });
  else doc[key] = value;
};

/** Sets a path as $addFields does: in every element of an array on the way; what is no document becomes one. */
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

/** A computed field: one that is missing is not there, but the documents that lead to it are. */
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
  if (!isDocument(doc) || !Object.hasOwn(doc, part)) return;
  if (rest.length === 0) delete doc[part];
  else unsetAt(doc[part], rest);
}
