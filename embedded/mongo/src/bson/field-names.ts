/**
 * JavaScript objects move keys that look like array indexes ("0", "17") in front of all others. The
 * order of fields is part of a BSON document's value, so such a name is kept under a key with a NUL
 * in front, which no BSON name can contain. Every other name is its own key.
 */
const INDEX_NAME = /^(0|[1-9]\d*)$/;
const MARK = '\0';

const looksLikeIndex = (name: string): boolean => {
  const first = name.charCodeAt(0);
  return first >= 0x30 && first <= 0x39 && INDEX_NAME.test(name);
};
/** The key under which a document object holds the field of this name. */
export const fieldKey = (name: string): string => (looksLikeIndex(name) ? MARK + name : name);
/** The name of the field that a document object holds under this key. */
export const fieldName = (key: string): string => (key.charCodeAt(0) === 0 ? key.slice(1) : key);

/** Names and values of a document, in the order of the document. */
export const fieldsOf = (doc: Record<string, unknown>): [string, unknown][] => {
  const fields = Object.entries(doc);
  for (const field of fields) if (field[0].charCodeAt(0) === 0) field[0] = field[0].slice(1);
  return fields;
};
export const namesOf = (doc: Record<string, unknown>): string[] => Object.keys(doc).map(fieldName);

/** The value of a field; undefined where the document has none of this name. */
export const own = (doc: Record<string, unknown>, name: string): unknown => {
  const key = fieldKey(name);
  return Object.hasOwn(doc, key) ? doc[key] : undefined;
};
export const has = (doc: Record<string, unknown>, name: string): boolean => Object.hasOwn(doc, fieldKey(name));
export const remove = (doc: Record<string, unknown>, name: string): void => {
  delete doc[fieldKey(name)];
};
/**
 * Sets a field, at its place or behind the existing ones; `__proto__` is a field like any other.
 */
export const put = (doc: Record<string, unknown>, name: string, value: unknown): void => {
  putKey(doc, fieldKey(name), value);
};
export const putKey = (doc: Record<string, unknown>, key: string, value: unknown): void => {
  if (key === '__proto__') Object.defineProperty(doc, key, { value, enumerable: true, configurable: true, writable: true });
  else doc[key] = value;
};
/** A document of these fields, in this order. */
export const documentFrom = (fields: Iterable<readonly [string, unknown]>): Record<string, unknown> => {
  const doc: Record<string, unknown> = {};
  for (const [name, value] of fields) put(doc, name, value);
  return doc;
};
