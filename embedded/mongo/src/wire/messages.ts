import { decode, type Doc, encode, isDocument, Long, MAX_REPLY_BYTES } from '../bson';
import { RawBatch } from '../cursors';
import { errorReply, messageOf, MongoError } from '../errors';
import { splitDocuments } from './raw';

/** As hello names it to drivers. */
export const MAX_MESSAGE_BYTES = 48_000_000;
const HEADER = 16;
/** One document of the greatest size, and what stands around it. */
const MAX_REPLY = MAX_REPLY_BYTES + 16 * 1024;
const OP_REPLY = 1;
const OP_QUERY = 2004;
const OP_MSG = 2013;
const CHECKSUM_PRESENT = 1;
const MORE_TO_COME = 2;

export interface Request {
  requestId: number;
  /** Old drivers greet with OP_QUERY, whose answer has another frame. */
  opcode: number;
  command: Doc;
  db: string;
  sequences: Map<string, Buffer[]>;
  wantsReply: boolean;
  /** The message is whole, but holds something that the store does not take. */
  refusal?: MongoError;
}
/** Bytes that are no message; their connection is closed. */
export class ProtocolError extends Error {}

/**
 * The length that a message announces, once it can be read. Throws ProtocolError for an impossible
 * one.
 */
export function messageLength(pending: Buffer): number | undefined {
  if (pending.length < 4) return undefined;
  const length = pending.readInt32LE(0);
  if (length < HEADER || length > MAX_MESSAGE_BYTES) throw new ProtocolError(`a message of ${length} bytes`);
  return length;
}

export function parseMessage(message: Buffer): Request {
  const requestId = message.readInt32LE(4);
  const opcode = message.readInt32LE(12);
  try {
    if (opcode === OP_MSG) return { requestId, opcode, ...parseOpMsg(message) };
    if (opcode === OP_QUERY) return { requestId, opcode, ...parseOpQuery(message) };
  } catch (error) {
    if (error instanceof MongoError && opcode === OP_MSG && error.codeName !== 'FailedToParse')
      return { requestId, opcode, command: {}, db: 'admin', sequences: new Map(), wantsReply: true, refusal: error };
    throw error instanceof ProtocolError ? error : new ProtocolError(messageOf(error));
  }
  throw new ProtocolError(`opcode ${opcode}`);
}

function parseOpMsg(message: Buffer): Omit<Request, 'requestId' | 'opcode'> {
  const flags = message.readUInt32LE(HEADER);
  if ((flags & 0xffff & ~(CHECKSUM_PRESENT | MORE_TO_COME)) !== 0) throw new ProtocolError('unknown required flags');
  const end = message.length - (flags & CHECKSUM_PRESENT ? 4 : 0);
  const sequences = new Map<string, Buffer[]>();
  let command: Doc | undefined;
  for (let at = HEADER + 4; at < end;) {
    const kind = message[at];
    if (at + 6 > end) throw new ProtocolError('a cut-off section');
    const size = message.readInt32LE(at + 1);
    if (size < 5 || at + 1 + size > end) throw new ProtocolError('a section beyond its message');
    const section = message.subarray(at + 1, at + 1 + size);
    if (kind === 0 && command === undefined) command = parseBody(section, sequences);
    else if (kind === 1) {
      const nameEnd = section.indexOf(0, 4);
      if (nameEnd < 0) throw new ProtocolError('a sequence without a name');
      const docs: Buffer[] = [];
      for (let doc = nameEnd + 1; doc < size;) {
        const length = section.readInt32LE(doc);
        if (length < 5 || doc + length > size) throw new ProtocolError('a document beyond its sequence');
        docs.push(section.subarray(doc, doc + length));
        doc += length;
      }
      sequences.set(section.toString('utf8', 4, nameEnd), docs);
    } else throw new ProtocolError(`section kind ${String(kind)}`);
    at += 1 + size;
  }
  if (command === undefined) throw new ProtocolError('a message without a command');
  return { command, db: typeof command.$db === 'string' ? command.$db : 'admin', sequences, wantsReply: (flags & MORE_TO_COME) === 0 };
}

function parseBody(section: Buffer, sequences: Map<string, Buffer[]>): Doc {
  if (section.toString('latin1', 5, 12) !== 'insert\0') return decode(section);
  const { rest, documents } = splitDocuments(section, 'documents');
  if (documents !== undefined) sequences.set('documents', documents);
  return decode(rest);
}

function parseOpQuery(message: Buffer): Omit<Request, 'requestId' | 'opcode'> {
  const nameEnd = message.indexOf(0, HEADER + 4);
  if (nameEnd < 0) throw new ProtocolError('a query without a name');
  const outer = decode(message.subarray(nameEnd + 9));
  const command = isDocument(outer.$query) ? outer.$query : outer;
  return { command, db: message.toString('utf8', HEADER + 4, nameEnd).split('.')[0] ?? 'admin', sequences: new Map(), wantsReply: true };
}

/** A batch's documents are put into the reply as the bytes they were stored in. */
function encodeReply(reply: Doc): Buffer {
  const { cursor } = reply;
  const batch = isDocument(cursor) ? Object.entries(cursor).find(([, value]) => value instanceof RawBatch) : undefined;
  if (!isDocument(cursor) || !(batch?.[1] instanceof RawBatch)) return encode(reply, MAX_REPLY);
  const [field, { docs }] = [batch[0], batch[1]];
  const parts: Buffer[] = [];
  let size = 5;
  docs.forEach((doc, at) => {
    const name = Buffer.from(`\x03${at}\0`, 'latin1');
    parts.push(name, doc);
    size += name.length + doc.length;
  });
  const arrayHead = Buffer.alloc(4);
  arrayHead.writeInt32LE(size);
  const tail = encode({ id: cursor.id ?? Long.ZERO, ns: cursor.ns });
  const fieldName = Buffer.from(`\x04${field}\0`, 'latin1');
  const cursorSize = 4 + fieldName.length + size + (tail.length - 4);
  const cursorHead = Buffer.alloc(4);
  cursorHead.writeInt32LE(cursorSize);
  const cursorName = Buffer.from('\x03cursor\0', 'latin1');
  const ok = encode({ ok: 1 }).subarray(4);
  const head = Buffer.alloc(4);
  head.writeInt32LE(4 + cursorName.length + cursorSize + ok.length);
  return Buffer.concat([head, cursorName, cursorHead, fieldName, arrayHead, ...parts, Buffer.from([0]), tail.subarray(4), ok]);
}

/** A reply that is larger than a message becomes the error that says so. */
function encodeOrRefuse(reply: Doc): Buffer {
  try {
    return encodeReply(reply);
  } catch (error) {
    if (!(error instanceof MongoError)) throw error;
    return encodeReply(errorReply(error));
  }
}

let nextRequestId = 1;
export function frameReply({ requestId, opcode }: Request, reply: Doc): Buffer {
  const body = encodeOrRefuse(reply);
  const prefix = opcode === OP_MSG ? Buffer.alloc(5) : Buffer.alloc(20);
  if (opcode !== OP_MSG) {
    prefix.writeInt32LE(8, 0);
    prefix.writeInt32LE(1, 16);
  }
  const header = Buffer.alloc(HEADER);
  header.writeInt32LE(HEADER + prefix.length + body.length, 0);
  header.writeInt32LE(nextRequestId, 4);
  header.writeInt32LE(requestId, 8);
  header.writeInt32LE(opcode === OP_MSG ? OP_MSG : OP_REPLY, 12);
  nextRequestId = (nextRequestId + 1) & 0x7fffffff;
  return Buffer.concat([header, prefix, body]);
}
