import type { Database } from 'lmdb';

export type Bytes = Database<Buffer, Buffer>;

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
export function* scan(database: Bytes, { low, high, reverse }: Span, firstChunk = FIRST_CHUNK): Generator<Buffer> {
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
