import { type Binary, type Doc, fieldsOf, typeOf } from './bson';

const MAX_CHARACTERS = 200;
const MAX_FIELDS = 20;

/** A value as MongoDB's own messages show it, shortened. */
export function shown(value: unknown): string {
  const text = written(value);
  return text.length > MAX_CHARACTERS ? `${text.slice(0, MAX_CHARACTERS)}...` : text;
}
/** A document in full where it is small, as in the message of a duplicate key. */
export const shownFields = (doc: Doc): string =>
  `{ ${fieldsOf(doc)
    .slice(0, MAX_FIELDS)
    .map(([name, value]) => `${name}: ${written(value)}`)
    .join(', ')} }`;

function written(value: unknown): string {
  switch (typeOf(value)) {
    case 'undefined':
    case 'null':
      return 'null';
    case 'string':
      return `"${(value as string).slice(0, 2_000)}"`;
    case 'objectId':
      return `ObjectId('${(value as { toHexString(): string }).toHexString()}')`;
    case 'date':
      return `new Date(${(value as Date).getTime()})`;
    case 'array':
      return `[ ${(value as unknown[]).slice(0, MAX_FIELDS).map(written).join(', ')} ]`;
    case 'object':
      return shownFields(value as Doc);
    case 'binData': {
      const { sub_type: subtype, buffer, position } = value as Binary;
      return `BinData(${subtype}, ${Buffer.from(buffer.subarray(0, Math.min(position, 100)))
        .toString('hex')
        .toUpperCase()})`;
    }
    case 'decimal':
      return `Decimal128('${String(value)}')`;
    default:
      return String(value);
  }
}
