import { failedToParse } from '../errors';

/** One element of a raw BSON document; `at` is where it begins, `start` and `end` bound its value. */
export interface RawElement {
  type: number;
  name: string;
  at: number;
  start: number;
  end: number;
}

const FIXED: Record<number, number> = {
  0x01: 8,
  0x06: 0,
  0x07: 12,
  0x08: 1,
  0x09: 8,
  0x0a: 0,
  0x10: 4,
  0x11: 8,
  0x12: 8,
  0x13: 16,
  0x7f: 0,
  0xff: 0,
};

function sizeOf(raw: Buffer, type: number, start: number): number {
  const fixed = FIXED[type];
  if (fixed !== undefined) return fixed;
  switch (type) {
    case 0x02:
    case 0x0d:
    case 0x0e:
      return 4 + raw.readInt32LE(start);
    case 0x03:
    case 0x04:
    case 0x0f:
      return raw.readInt32LE(start);
    case 0x05:
      return 5 + raw.readInt32LE(start);
    case 0x0c:
      return 4 + raw.readInt32LE(start) + 12;
    case 0x0b: {
      const pattern = raw.indexOf(0, start);
      const options = pattern < 0 ? -1 : raw.indexOf(0, pattern + 1);
      if (options < 0) throw failedToParse('a regular expression without an end');
      return options + 1 - start;
    }
    default:
      throw failedToParse(`unknown BSON type 0x${type.toString(16)}`);
  }
}

/** Walks the top level of a document without decoding it; throws on anything that leads outside its bytes. */
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

/** Takes an array of documents out of a command, undecoded: an insert's documents are stored as the bytes they came in. */
export function splitDocuments(body: Buffer, name: string): { rest: Buffer; documents: Buffer[] | undefined } {
  const array = elementsOf(body).find((element) => element.name === name);
  if (array === undefined || array.type !== 0x04) return { rest: body, documents: undefined };
  const items = body.subarray(array.start, array.end);
  const elements = elementsOf(items);
  if (elements.some(({ type }) => type !== 0x03)) return { rest: body, documents: undefined };
  const rest = Buffer.concat([body.subarray(0, array.at), body.subarray(array.end)]);
  rest.writeInt32LE(rest.length, 0);
  return { rest, documents: elements.map(({ start, end }) => items.subarray(start, end)) };
}
