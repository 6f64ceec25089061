import { Binary, bsonType, type Doc, Int32, isDocument, isObjectId } from '../bson';
import { MongoError } from '../errors';
import { valueAt } from '../paths';
import type { Collection } from './catalog';
import type { Index } from './keys';

/** A value as MongoDB's own messages show it. */
export function shown(value: unknown): string {
  if (value === undefined || value === null) return 'null';
  if (typeof value === 'string') return `"${value}"`;
  if (isObjectId(value)) return `ObjectId('${value.toHexString()}')`;
  if (value instanceof Date) return `new Date(${value.getTime()})`;
  if (Array.isArray(value)) return `[ ${value.map(shown).join(', ')} ]`;
  if (isDocument(value)) return fields(value);
  if (value instanceof Binary) return `BinData(${value.sub_type}, ${value.toString('hex').toUpperCase()})`;
  const printed = (value as { toString(): string }).toString();
  return bsonType(value) === 19 ? `Decimal128('${printed}')` : printed;
}
const fields = (doc: Doc) =>
  `{ ${Object.entries(doc)
    .map(([name, value]) => `${name}: ${shown(value)}`)
    .join(', ')} }`;

/** E11000 as drivers and mongoose read it: `keyPattern` and `keyValue` say which fields clash. No index: that on _id. */
export function duplicateKey(collection: Collection, index: Index | undefined, doc: Doc): MongoError {
  const keys = index?.keys ?? [{ path: '_id', direction: 1 }];
  const keyPattern = Object.fromEntries(keys.map(({ path, direction }) => [path, new Int32(direction)]));
  const keyValue = Object.fromEntries(keys.map(({ path }) => [path, valueAt(doc, path) ?? null]));
  const message = `E11000 duplicate key error collection: ${collection.db}.${collection.name} index: ${index?.name ?? '_id_'} dup key: ${fields(keyValue)}`;
  return new MongoError(11000, 'DuplicateKey', message, { keyPattern, keyValue });
}
