import { byType, byTypeOr, type Doc, fieldsOf } from './bson';

const MAX_CHARACTERS = 200;
const MAX_FIELDS = 20;

/** A value as MongoDB's own messages show it, shortened. */
export function shown(value: unknown): string {
  const text = written(value);
  return text.length > MAX_CHARACTERS ? `${text.slice(0, MAX_CHARACTERS)}...` : text;
}
/** A document in full where it is small, as in the message of a duplicate key. */
export function shownFields(doc: Doc): string {
  return `{ ${fieldsOf(doc)
    .slice(0, MAX_FIELDS)
    .map(([name, value]) => `${name}: ${written(value)}`)
    .join(', ')} }`;
}

const WRITTEN = byTypeOr<undefined, string>(String, {
  undefined: () => 'null',
  string: (value) => `"${value.slice(0, 2_000)}"`,
  objectId: (value) => `ObjectId('${value.toHexString()}')`,
  date: (value) => `new Date(${value.getTime()})`,
  array: (value) => `[ ${value.slice(0, MAX_FIELDS).map(written).join(', ')} ]`,
  object: shownFields,
  binData: ({ sub_type: subtype, buffer, position }) =>
    `BinData(${subtype}, ${Buffer.from(buffer.subarray(0, Math.min(position, 100)))
      .toString('hex')
      .toUpperCase()})`,
  decimal: (value) => `Decimal128('${String(value)}')`,
});
function written(value: unknown): string {
  return byType(WRITTEN, value, undefined);
}
