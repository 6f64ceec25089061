import { Binary, BSONRegExp, BSONSymbol, Code, Decimal128, Double, Int32, Long, MaxKey, MinKey, ObjectId, Timestamp } from 'bson';
import { failedToParse, notHere, overflow } from '../errors';
import { fieldKey, putKey } from './field-names';
import { ELEMENT } from './types';
import type { Doc } from './values';

/** Deeper documents are refused; MongoDB stores up to 180 levels and reads a few more. */
const MAX_DEPTH = 200;
const SHORT_NAME = 24;

/** Thrown for bytes that are no BSON. */
const damaged = (what: string) => failedToParse(`invalid BSON: ${what}`);

let buffer: Buffer = Buffer.alloc(0);
let position = 0;

/**
 * A document with its types kept: numbers are Int32, Double, Long or Decimal128 objects, never
 * plain; field names as field-names.ts keeps them. Throws FailedToParse for bytes that are no BSON
 * and NotImplemented for the deprecated types that the store does not have.
 */
export function decode(raw: Uint8Array): Doc {
  const outer = { buffer, position };
  buffer = Buffer.isBuffer(raw) ? raw : Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength);
  position = 0;
  try {
    return readDocument(buffer.length, 0);
  } finally {
    ({ buffer, position } = outer);
  }
}

function readDocument(limit: number, depth: number): Doc {
  if (depth > MAX_DEPTH) throw overflow(`cannot nest documents deeper than ${MAX_DEPTH}`);
  const end = readEnd(limit);
  const doc: Doc = {};
  while (position < end) {
    const type = buffer[position] ?? 0;
    position += 1;
    const key = readKey(end);
    putKey(doc, key, readValue(type, end, depth));
  }
  close(end);
  return doc;
}
function readArray(limit: number, depth: number): unknown[] {
  if (depth > MAX_DEPTH) throw overflow(`cannot nest arrays deeper than ${MAX_DEPTH}`);
  const end = readEnd(limit);
  const values: unknown[] = [];
  while (position < end) {
    const type = buffer[position] ?? 0;
    position = buffer.indexOf(0, position + 1) + 1;
    if (position === 0 || position > end) throw damaged('a field name without an end');
    values.push(readValue(type, end, depth));
  }
  close(end);
  return values;
}
/** Reads a document's length and answers where its last byte stands. */
function readEnd(limit: number): number {
  if (position + 5 > limit) throw damaged('a document that is cut off');
  const length = buffer.readInt32LE(position);
  const end = position + length - 1;
  if (length < 5 || end >= limit) throw damaged('a document with a wrong length');
  position += 4;
  return end;
}
function close(end: number): void {
  if (position !== end || buffer[end] !== 0) throw damaged('a document with a wrong end');
  position += 1;
}

function readKey(end: number): string {
  const start = position;
  let at = start;
  let ascii = true;
  for (let byte = buffer[at] ?? 0; byte !== 0; byte = buffer[at] ?? 0) {
    if (byte > 0x7f) ascii = false;
    at += 1;
  }
  if (at >= end) throw damaged('a field name without an end');
  position = at + 1;
  let name: string;
  if (ascii && at - start <= SHORT_NAME) {
    name = '';
    for (let byte = start; byte < at; byte += 1) name += String.fromCharCode(buffer[byte] ?? 0);
  } else name = buffer.toString('utf8', start, at);
  return fieldKey(name);
}
function readText(limit: number): string {
  if (position + 5 > limit) throw damaged('a string that is cut off');
  const length = buffer.readInt32LE(position);
  const start = position + 4;
  const end = start + length - 1;
  if (length < 1 || end >= limit || buffer[end] !== 0) throw damaged('a string with a wrong length');
  position = end + 1;
  return buffer.toString('utf8', start, end);
}
function readCString(limit: number): string {
  const end = buffer.indexOf(0, position);
  if (end < 0 || end >= limit) throw damaged('a string without an end');
  const text = buffer.toString('utf8', position, end);
  position = end + 1;
  return text;
}
const advance = (size: number, limit: number): number => {
  const start = position;
  if (start + size > limit) throw damaged('a value that leads outside its document');
  position += size;
  return start;
};
/** A copy: the message or page that these bytes lie in is not kept alive by one value. */
const copied = (start: number, size: number) => Buffer.from(buffer.subarray(start, start + size));

function readBinary(limit: number): Binary {
  const head = advance(5, limit);
  const size = buffer.readInt32LE(head);
  const subtype = buffer[head + 4] ?? 0;
  if (size < 0) throw damaged('a binary value with a negative length');
  return new Binary(copied(advance(size, limit), size), subtype);
}

function readValue(type: number, end: number, depth: number): unknown {
  switch (type) {
    case ELEMENT.double:
      return new Double(buffer.readDoubleLE(advance(8, end)));
    case ELEMENT.string:
      return readText(end);
    case ELEMENT.object:
      return readDocument(end, depth + 1);
    case ELEMENT.array:
      return readArray(end, depth + 1);
    case ELEMENT.binData:
      return readBinary(end);
    case ELEMENT.objectId:
      return new ObjectId(copied(advance(12, end), 12));
    case ELEMENT.bool: {
      const byte = buffer[advance(1, end)];
      if (byte !== 0 && byte !== 1) throw damaged('a boolean that is neither 0 nor 1');
      return byte === 1;
    }
    case ELEMENT.date: {
      const at = advance(8, end);
      const ms = buffer.readInt32LE(at + 4) * 4_294_967_296 + buffer.readUInt32LE(at);
      const date = new Date(ms);
      if (Number.isNaN(date.getTime())) throw notHere('a date outside the years -271821 to 275760');
      return date;
    }
    case ELEMENT.null:
      return null;
    case ELEMENT.regex: {
      const pattern = readCString(end);
      return new BSONRegExp(pattern, readCString(end));
    }
    case ELEMENT.javascript:
      return new Code(readText(end));
    case ELEMENT.symbol:
      return new BSONSymbol(readText(end));
    case ELEMENT.int:
      return new Int32(buffer.readInt32LE(advance(4, end)));
    case ELEMENT.timestamp: {
      const at = advance(8, end);
      return new Timestamp({ i: buffer.readUInt32LE(at), t: buffer.readUInt32LE(at + 4) });
    }
    case ELEMENT.long: {
      const at = advance(8, end);
      return new Long(buffer.readInt32LE(at), buffer.readInt32LE(at + 4));
    }
    case ELEMENT.decimal:
      return new Decimal128(copied(advance(16, end), 16));
    case ELEMENT.minKey:
      return new MinKey();
    case ELEMENT.maxKey:
      return new MaxKey();
    case ELEMENT.undefined:
      throw notHere('the deprecated BSON type undefined');
    case ELEMENT.dbPointer:
      throw notHere('the deprecated BSON type dbPointer');
    case ELEMENT.javascriptWithScope:
      throw notHere('the deprecated BSON type javascriptWithScope');
    default:
      throw damaged(`unknown type 0x${type.toString(16)}`);
  }
}
