import { ELEMENT } from '../bson/types';
import { failedToParse } from '../errors';

/**
 * One element of a raw BSON document; `at` is where it begins, `start` and `end` bound its value.
 */
export interface RawElement {
  type: number;
  name: string;
  at: number;
  start: number;
  end: number;
}

const FIXED: Record<number, number> = {
  [ELEMENT.double]: 8,
  [ELEMENT.undefined]: 0,
  [ELEMENT.objectId]: 12,
  [ELEMENT.bool]: 1,
  [ELEMENT.date]: 8,
  [ELEMENT.null]: 0,
  [ELEMENT.int]: 4,
  [ELEMENT.timestamp]: 8,
  [ELEMENT.long]: 8,
  [ELEMENT.decimal]: 16,
  [ELEMENT.maxKey]: 0,
  [ELEMENT.minKey]: 0,
};

function sizeOf(raw: Buffer, type: number, start: number): number {
  const fixed = FIXED[type];
  if (fixed !== undefined) return fixed;
  switch (type) {
    case ELEMENT.string:
    case ELEMENT.javascript:
    case ELEMENT.symbol:
      return 4 + raw.readInt32LE(start);
    case ELEMENT.object:
    case ELEMENT.array:
    case ELEMENT.javascriptWithScope:
      return raw.readInt32LE(start);
    case ELEMENT.binData:
      return 5 + raw.readInt32LE(start);
    case ELEMENT.dbPointer:
      return 4 + raw.readInt32LE(start) + 12;
    case ELEMENT.regex: {
      const pattern = raw.indexOf(0, start);
      const options = pattern < 0 ? -1 : raw.indexOf(0, pattern + 1);
      if (options < 0) throw failedToParse('a regular expression without an end');
      return options + 1 - start;
    }
    default:
      throw failedToParse(`unknown BSON type 0x${type.toString(16)}`);
  }
}

/**
 * The top level of a document, not decoded. Throws FailedToParse for a length that leads outside
 * its bytes.
 */
export function elementsOf(raw: Buffer): RawElement[] {
  const found: RawElement[] = [];
  const last = raw.length - 1;
  if (raw.length < 5 || raw.readInt32LE(0) !== raw.length || raw[last] !== 0) throw failedToParse('a BSON document with a wrong length');
  let at = 4;
  while (at < last) {
    const type = raw[at] ?? 0;
    const nameEnd = raw.indexOf(0, at + 1);
    if (nameEnd < 0 || nameEnd >= last) throw failedToParse('a BSON field name without an end');
    const start = nameEnd + 1;
    const size = sizeOf(raw, type, start);
    const end = start + size;
    if (size < 0 || end > last) throw failedToParse('a BSON value that leads outside its document');
    found.push({ type, name: raw.toString('utf8', at + 1, nameEnd), at, start, end });
    at = end;
  }
  return found;
}

/**
 * Takes an array of documents out of a command, undecoded: an insert's documents are stored as the
 * bytes they came in.
 */
export function splitDocuments(body: Buffer, name: string): { rest: Buffer; documents: Buffer[] | undefined } {
  const array = elementsOf(body).find((element) => element.name === name);
  if (array === undefined || array.type !== ELEMENT.array) return { rest: body, documents: undefined };
  const items = body.subarray(array.start, array.end);
  const elements = elementsOf(items);
  if (elements.some(({ type }) => type !== ELEMENT.object)) return { rest: body, documents: undefined };
  const rest = Buffer.concat([body.subarray(0, array.at), body.subarray(array.end)]);
  rest.writeInt32LE(rest.length, 0);
  return { rest, documents: elements.map(({ start, end }) => items.subarray(start, end)) };
}
