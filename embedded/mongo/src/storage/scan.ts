import type { Database } from 'lmdb';

export type Bytes = Database<Buffer, Buffer>;

/** lmdb's own bound for what it is asked. */
const MAX_ASKED_BYTES = 1_978;
/** A key to look for, as lmdb takes it. No stored key is so long, so a longer one may be cut: it equals none, and the same keys lie on either side. */
export const asked = (key: Buffer) => (key.length > MAX_ASKED_BYTES ? key.subarray(0, MAX_ASKED_BYTES) : key);

const FIRST_CHUNK = 16;
const LAST_CHUNK = 512;

/** From `low` (included) to `high` (excluded), or the same backwards. */
export interface Span {
  low: Buffer;
  high: Buffer;
  reverse: boolean;
}

/**
 * The values of a range, fetched in growing chunks. Between chunks nothing is held open, so a generator may rest for minutes inside a cursor: it goes on
 * behind the last key it fetched, on the state of then.
 */
export function* scan(database: Bytes, span: Span, firstChunk = FIRST_CHUNK): Generator<Buffer> {
  const { reverse } = span;
  const low = asked(span.low);
  const high = asked(span.high);
  let size = firstChunk;
  let last: Buffer | undefined;
  for (;;) {
    const range = reverse
      ? { start: last ?? high, exclusiveStart: true, end: low, inclusiveEnd: true, reverse: true, limit: size }
      : { start: last ?? low, exclusiveStart: last !== undefined, end: high, limit: size };
    const chunk = [...database.getRange(range)];
    for (const { value } of chunk) yield value;
    if (chunk.length < size) return;
    last = chunk.at(-1)?.key;
    size = Math.min(size * 4, LAST_CHUNK);
  }
}
