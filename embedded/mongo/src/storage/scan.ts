import type { Database } from 'lmdb';

export type Bytes = Database<Buffer, Buffer>;

/** lmdb's own bound. No stored key is so long, so a longer bound of a range may be cut to it: the same keys lie on either side. */
const MAX_BOUND_BYTES = 1_978;
const bound = (key: Buffer) => (key.length > MAX_BOUND_BYTES ? key.subarray(0, MAX_BOUND_BYTES) : key);

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
  const low = bound(span.low);
  const high = bound(span.high);
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
