import { type Doc, encode, firstKey, isDocument, MAX_DOCUMENT_BYTES, ObjectId, typeOf } from '../bson';
import { badValue, MongoError, overflow } from '../errors';
import { elementsOf } from '../wire/raw';

const MAX_DEPTH = 180;

export const assertFits = (raw: Buffer): void => {
  if (raw.length > MAX_DOCUMENT_BYTES)
    throw new MongoError('BSONObjectTooLarge', `BSONObj size: ${raw.length} is invalid. Size must be between 0 and ${MAX_DOCUMENT_BYTES}`);
};
const assertDepth = (value: unknown, depth: number): void => {
  if (depth > MAX_DEPTH) throw overflow(`cannot nest documents deeper than ${MAX_DEPTH}`);
  if (Array.isArray(value)) {
    for (const element of value) if (typeof element === 'object') assertDepth(element, depth + 1);
  } else if (isDocument(value))
    for (const key of Object.keys(value)) if (typeof value[key] === 'object') assertDepth(value[key], depth + 1);
};
/** What MongoDB refuses to store. */
export function assertStorable(doc: Doc): void {
  const { _id } = doc;
  if (Array.isArray(_id) || (isDocument(_id) && Object.keys(_id).some((key) => key.startsWith('$'))))
    throw badValue(`The '_id' value cannot be of type array, and its fields must not begin with '$'`);
  if (typeOf(_id) === 'regex' || typeOf(_id) === 'javascript') throw badValue(`The '_id' value cannot be of type ${typeOf(_id)}`);
  assertDepth(doc, 0);
}

const joined = (...parts: Buffer[]): Buffer => {
  const raw = Buffer.concat([Buffer.alloc(4), ...parts]);
  raw.writeInt32LE(raw.length, 0);
  return raw;
};
/**
 * The stored form of a document has `_id` first, given or made here. `raw`: the document as it
 * came.
 */
export function withId(doc: Doc, raw: Buffer | undefined): { doc: Doc; raw: Buffer } {
  const given = Object.hasOwn(doc, '_id');
  if (raw === undefined) {
    const { _id = new ObjectId(), ...fields } = doc;
    const stored = { _id, ...fields };
    return { doc: stored, raw: encode(stored) };
  }
  if (given && firstKey(doc) === '_id') return { doc, raw };
  if (!given) {
    const _id = new ObjectId();
    return { doc: { _id, ...doc }, raw: joined(Buffer.from('\x07_id\0', 'latin1'), Buffer.from(_id.id), raw.subarray(4)) };
  }
  const element = elementsOf(raw).find(({ name }) => name === '_id');
  if (element === undefined) return { doc, raw: encode(doc) };
  return { doc, raw: joined(raw.subarray(element.at, element.end), raw.subarray(4, element.at), raw.subarray(element.end)) };
}
