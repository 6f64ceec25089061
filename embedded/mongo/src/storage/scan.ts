import type { Database, Transaction } from 'lmdb';

export type Bytes = Database<Buffer, Buffer>;

/** lmdb's own bound for keys in a query. */
const MAX_KEY_BYTES = 1_978;
/**
 * A key to look for, as lmdb takes it. No stored key is so long, so a longer one may be cut: it
 * equals none, and the same keys lie on either side.
 */
export const lookup = (key: Buffer) => (key.length > MAX_KEY_BYTES ? key.subarray(0, MAX_KEY_BYTES) : key);

const FIRST_CHUNK = 16;
const LAST_CHUNK = 512;

/** From `low` (included) to `high` (excluded), or the same backwards. */
export interface Span {
  low: Buffer;
  high: Buffer;
  reverse: boolean;
}

/**
 * Keys and values of a range, fetched in growing chunks; between two chunks no lmdb cursor is open.
 */
export function* scan(database: Bytes, span: Span, transaction?: Transaction): Generator<{ key: Buffer; value: Buffer }> {
  const { reverse } = span;
  const low = lookup(span.low);
  const high = lookup(span.high);
  const from = transaction === undefined ? {} : { transaction };
  let limit = FIRST_CHUNK;
  let last: Buffer | undefined;
  for (;;) {
    const range = reverse
      ? { start: last ?? high, exclusiveStart: true, end: low, inclusiveEnd: true, reverse: true, limit, ...from }
      : { start: last ?? low, exclusiveStart: last !== undefined, end: high, limit, ...from };
    const chunk = [...database.getRange(range)];
    yield* chunk;
    if (chunk.length < limit) return;
    last = chunk.at(-1)?.key;
    limit = Math.min(limit * 4, LAST_CHUNK);
  }
}
