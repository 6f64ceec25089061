import { Long } from 'bson';
import { badValue, MongoError, overflow } from '../errors';
import { type ByType, byType } from './by-type';
import { fieldName } from './field-names';
import { ELEMENT } from './types';
import { type Doc, typeOf } from './values';

/** The largest document that is stored. */
export const MAX_DOCUMENT_BYTES = 16 * 1024 * 1024;
/** A reply carries one such document and its frame. */
export const MAX_REPLY_BYTES = MAX_DOCUMENT_BYTES + 16 * 1024;
const MAX_DEPTH = 250;
const SHORT_TEXT = 40;

let buffer = Buffer.allocUnsafe(64 * 1024);
let length = 0;
let limit = MAX_REPLY_BYTES;

const tooLarge = (bytes: number) =>
  new MongoError('BSONObjectTooLarge', `BSONObj size: ${bytes} is invalid. Size must be between 0 and ${MAX_DOCUMENT_BYTES}`);

/** The bytes of a document; throws BSONObjectTooLarge beyond `maxBytes`. */
export function encode(doc: Doc, maxBytes = MAX_REPLY_BYTES): Buffer {
  length = 0;
  limit = maxBytes;
  try {
    writeDocument(doc, 0);
    return Buffer.from(buffer.subarray(0, length));
  } finally {
    // One large document must not keep its space for ever.
    if (buffer.length > 1024 * 1024) buffer = Buffer.allocUnsafe(64 * 1024);
  }
}

function reserve(size: number): number {
  const start = length;
  const needed = start + size;
  if (needed > buffer.length) {
    if (needed > limit) throw tooLarge(needed);
    const larger = Buffer.allocUnsafe(Math.max(needed, buffer.length * 2));
    buffer.copy(larger, 0, 0, start);
    buffer = larger;
  }
  length = needed;
  return start;
}
const writeByte = (byte: number) => {
  const at = reserve(1);
  buffer[at] = byte;
};
const putInt32 = (value: number, at: number) => {
  buffer[at] = value;
  buffer[at + 1] = value >>> 8;
  buffer[at + 2] = value >>> 16;
  buffer[at + 3] = value >>> 24;
};
const writeInt32 = (value: number) => putInt32(value, reserve(4));
const writeLong = (value: { low: number; high: number }) => {
  const at = reserve(8);
  putInt32(value.low, at);
  putInt32(value.high, at + 4);
};
const writeBytes = (bytes: Uint8Array) => {
  const at = reserve(bytes.length);
  buffer.set(bytes, at);
};
/**
 * Writes a short ASCII text at `at`; answers false, having written nothing that counts, for any
 * other.
 */
const wroteAscii = (text: string, at: number): boolean => {
  if (text.length > SHORT_TEXT) return false;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code > 0x7f || code === 0) return false;
    buffer[at + index] = code;
  }
  return true;
};
const writeCString = (text: string) => {
  const start = reserve(text.length + 1);
  if (wroteAscii(text, start)) {
    buffer[start + text.length] = 0;
    return;
  }
  length = start;
  if (text.includes('\0')) throw badValue('a field name or a regular expression must not contain a zero byte');
  const at = reserve(text.length * 3 + 1);
  const written = buffer.write(text, at, 'utf8');
  buffer[at + written] = 0;
  length = at + written + 1;
};
const writeText = (text: string) => {
  const start = reserve(text.length + 5);
  if (wroteAscii(text, start + 4)) {
    putInt32(text.length + 1, start);
    buffer[start + 4 + text.length] = 0;
    return;
  }
  length = start;
  const size = Buffer.byteLength(text);
  const at = reserve(size + 5);
  putInt32(size + 1, at);
  buffer.write(text, at + 4, 'utf8');
  buffer[at + 4 + size] = 0;
};

function writeDocument(doc: Doc, depth: number): void {
  if (depth > MAX_DEPTH) throw overflow(`cannot nest documents deeper than ${MAX_DEPTH}`);
  const start = reserve(4);
  for (const key of Object.keys(doc)) writeElement(fieldName(key), doc[key], depth);
  close(start);
}
function writeArray(values: readonly unknown[], depth: number): void {
  if (depth > MAX_DEPTH) throw overflow(`cannot nest arrays deeper than ${MAX_DEPTH}`);
  const start = reserve(4);
  for (let at = 0; at < values.length; at += 1) writeElement(String(at), values[at], depth);
  close(start);
}
function close(start: number): void {
  writeByte(0);
  if (length > limit) throw tooLarge(length);
  putInt32(length - start, start);
}

function writeElement(name: string, value: unknown, depth: number): void {
  const at = reserve(1);
  buffer[at] = 0;
  writeCString(name);
  const type = writeValue(value, depth);
  buffer[at] = type;
}
function writeNumber(value: number): number {
  if (Number.isInteger(value) && Math.abs(value) <= 0x7fff_ffff && !Object.is(value, -0)) {
    writeInt32(value);
    return ELEMENT.int;
  }
  const at = reserve(8);
  buffer.writeDoubleLE(value, at);
  return ELEMENT.double;
}
const nothing = () => undefined;
const WRITERS: ByType<number, void> = {
  double: (value) => {
    const at = reserve(8);
    buffer.writeDoubleLE(Number(value), at);
  },
  string: writeText,
  object: (value, depth) => writeDocument(value, depth + 1),
  array: (value, depth) => writeArray(value, depth + 1),
  binData: ({ buffer: bytes, position, sub_type: subtype }) => {
    writeInt32(position);
    writeByte(subtype);
    writeBytes(bytes.subarray(0, position));
  },
  undefined: nothing,
  objectId: ({ id }) => writeBytes(id),
  bool: (value) => writeByte(value ? 1 : 0),
  date: (value) => writeLong(Long.fromNumber(value.getTime())),
  null: nothing,
  regex: ({ pattern, options }) => {
    writeCString(pattern);
    writeCString(options);
  },
  javascript: ({ code }) => writeText(String(code)),
  symbol: ({ value }) => writeText(value),
  int: ({ value }) => writeInt32(value),
  timestamp: writeLong,
  long: writeLong,
  decimal: ({ bytes }) => writeBytes(bytes),
  minKey: nothing,
  maxKey: nothing,
};
/** Writes the payload of an element; answers the byte of its type. */
function writeValue(value: unknown, depth: number): number {
  if (typeof value === 'number') return writeNumber(value);
  byType(WRITERS, value, depth);
  const type = typeOf(value);
  return ELEMENT[type === 'undefined' ? 'null' : type];
}
