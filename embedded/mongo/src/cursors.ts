import { type Doc, isOf, Long, typeOf } from './bson';
import { MongoError, typeMismatch } from './errors';
import type { Lease, MemoryBudget } from './memory-budget';

const IDLE_MS = 10 * 60_000;
/** Cursors that were opened without a timeout live this long. */
const KEPT_IDLE_MS = 24 * 60 * 60_000;
const MAX_CURSORS = 10_000;
const FIRST_BATCH = 101;
const MAX_BATCH_BYTES = 16 * 1024 * 1024;
const PACK_BYTES = 256 * 1024;

/** Documents as the bytes they are, to stand in a reply unread. */
export class RawBatch {
  constructor(readonly docs: Buffer[]) {}
}
interface Cursor {
  ns: string;
  /** Documents one behind the other; each begins with its length. */
  packs: Buffer[];
  /** Where the next document begins in the first pack. */
  offset: number;
  usedAt: number;
  keep: boolean;
  lease: Lease;
}

/** Collects one answer: the first batch as it is, the rest packed. */
export interface Answer {
  add(raw: Buffer): void;
  /** The reply: the first batch, and a cursor if more is left. */
  reply(): Doc;
  /** Gives back that which was held, if the query fails. */
  fail(): void;
}

/**
 * The rest of each answer behind its first batch, held as it was when the query ran. All cursors
 * and running queries share one limit in bytes; where it is reached, the cursor that idled longest
 * is closed. Cursors that idle for ten minutes are closed in any case.
 */
export function createCursors(budget: MemoryBudget) {
  // In the order of their last use.
  const cursors = new Map<string, Cursor>();
  let last = Math.floor(Math.random() * 2 ** 40);
  const close = (id: string): boolean => {
    cursors.get(id)?.lease.free();
    return cursors.delete(id);
  };
  const closeOldest = (): boolean => {
    const [oldest] = cursors.keys();
    return oldest !== undefined && close(oldest);
  };
  budget.onShortage(closeOldest);
  const timer = setInterval(() => {
    for (const [id, { keep, usedAt }] of cursors) if (Date.now() - usedAt > (keep ? KEPT_IDLE_MS : IDLE_MS)) close(id);
  }, 60_000);
  timer.unref();

  const take = (cursor: Cursor, size: number): Buffer[] => {
    const batch: Buffer[] = [];
    let bytes = 0;
    for (let [pack] = cursor.packs; pack !== undefined && batch.length < size; [pack] = cursor.packs) {
      const length = pack.readInt32LE(cursor.offset);
      bytes += length;
      if (bytes > MAX_BATCH_BYTES && batch.length > 0) break;
      batch.push(pack.subarray(cursor.offset, cursor.offset + length));
      cursor.offset += length;
      if (cursor.offset < pack.length) continue;
      cursor.packs.shift();
      cursor.offset = 0;
    }
    return batch;
  };

  return {
    answer(ns: string, { batchSize = FIRST_BATCH, singleBatch = false, keep = false } = {}): Answer {
      const batch: Buffer[] = [];
      const packs: Buffer[] = [];
      const lease = budget.lease();
      let batchBytes = 0;
      let loose: Buffer[] = [];
      let looseBytes = 0;
      const pack = () => {
        if (loose.length > 0) packs.push(Buffer.concat(loose));
        loose = [];
        looseBytes = 0;
      };
      return {
        add(raw) {
          if (
            packs.length === 0 &&
            loose.length === 0 &&
            batch.length < batchSize &&
            (batch.length === 0 || batchBytes + raw.length <= MAX_BATCH_BYTES)
          ) {
            batch.push(raw);
            batchBytes += raw.length;
            return;
          }
          if (singleBatch) return;
          lease.take(raw.length);
          loose.push(raw);
          looseBytes += raw.length;
          if (looseBytes > PACK_BYTES) pack();
        },
        reply() {
          pack();
          let id = Long.ZERO;
          if (packs.length > 0) {
            if (cursors.size >= MAX_CURSORS) closeOldest();
            last += 1;
            id = Long.fromNumber(last);
            cursors.set(id.toString(), { ns, packs, offset: 0, usedAt: Date.now(), keep, lease });
          } else lease.free();
          return { cursor: { firstBatch: new RawBatch(batch), id, ns }, ok: 1 };
        },
        fail: () => lease.free(),
      };
    },
    next(ns: string, id: unknown, batchSize: number | undefined): Doc {
      if (!isOf(id, 'long')) throw typeMismatch(`BSON field 'getMore.getMore' is the wrong type '${typeOf(id)}', expected type 'long'`);
      const key = id.toString();
      const cursor = cursors.get(key);
      if (cursor === undefined)
        throw new MongoError(
          'CursorNotFound',
          `cursor id ${key} not found: it was read to its end, killed, idle too long, or closed to make room`,
        );
      if (cursor.ns !== ns)
        throw new MongoError('Unauthorized', `Requested getMore on namespace '${ns}', but cursor belongs to a different namespace`);
      const batch = take(cursor, batchSize === undefined || batchSize === 0 ? Infinity : batchSize);
      const ended = cursor.packs.length === 0;
      if (ended) close(key);
      else {
        cursor.usedAt = Date.now();
        cursors.delete(key);
        cursors.set(key, cursor);
      }
      return { cursor: { nextBatch: new RawBatch(batch), id: ended ? Long.ZERO : id, ns: cursor.ns }, ok: 1 };
    },
    kill: (id: Long) => close(id.toString()),
    close: () => clearInterval(timer),
  };
}
export type Cursors = ReturnType<typeof createCursors>;
