import { Long } from 'bson';
import { bsonType, type Doc, typeName } from './bson';
import { MongoError, typeMismatch } from './errors';

const IDLE_MS = 10 * 60_000;
const MAX_CURSORS = 1_000;
const FIRST_BATCH = 101;
const MAX_BATCH_BYTES = 16 * 1024 * 1024;
const MAX_HELD_BYTES = 256 * 1024 * 1024;

/** Documents as the bytes they are, to stand in a reply unread. */
export class RawBatch {
  constructor(readonly docs: Buffer[]) {}
}
interface Cursor {
  ns: string;
  left: Buffer[];
  usedAt: number;
  /** As its opener asked: it is kept until it is read or killed. */
  keep: boolean;
}

/** What is left of an answer after its first batch. The rest is held as it was when the query ran; cursors that idle are dropped. */
export function createCursors() {
  const cursors = new Map<string, Cursor>();
  let last = Math.floor(Math.random() * 2 ** 40);
  const timer = setInterval(() => {
    for (const [id, cursor] of cursors) if (!cursor.keep && Date.now() - cursor.usedAt > IDLE_MS) cursors.delete(id);
  }, 60_000);
  timer.unref();

  const take = (all: Buffer[], size: number): [Buffer[], Buffer[]] => {
    let bytes = 0;
    let count = 0;
    while (count < Math.min(size, all.length)) {
      bytes += all[count]?.length ?? 0;
      if (bytes > MAX_BATCH_BYTES && count > 0) break;
      count += 1;
    }
    return [all.slice(0, count), all.slice(count)];
  };

  return {
    /** The reply to a find or aggregate: the first batch, and a cursor if more is left. */
    first(ns: string, all: Iterable<Buffer>, batchSize: number | undefined, singleBatch: boolean, keep = false): Doc {
      const rows: Buffer[] = [];
      let bytes = 0;
      for (const raw of all) {
        rows.push(raw);
        bytes += raw.length;
        if (bytes > MAX_HELD_BYTES)
          throw new MongoError(
            292,
            'QueryExceededMemoryLimitNoDiskUseAllowed',
            'the answer is larger than the embedded store holds; narrow the query, or set MONGO_URL to a MongoDB server',
          );
      }
      const [batch, left] = take(rows, batchSize ?? FIRST_BATCH);
      let id = Long.ZERO;
      if (left.length > 0 && !singleBatch) {
        if (cursors.size >= MAX_CURSORS) throw new MongoError(146, 'ExceededMemoryLimit', 'too many open cursors');
        last += 1;
        id = Long.fromNumber(last);
        cursors.set(id.toString(), { ns, left, usedAt: Date.now(), keep });
      }
      return { cursor: { firstBatch: new RawBatch(batch), id, ns }, ok: 1 };
    },
    next(ns: string, id: unknown, batchSize: number | undefined): Doc {
      if (bsonType(id) !== 18) throw typeMismatch(`BSON field 'getMore.getMore' is the wrong type '${typeName(id)}', expected type 'long'`);
      const key = (id as Long).toString();
      const cursor = cursors.get(key);
      if (cursor === undefined) throw new MongoError(43, 'CursorNotFound', `cursor id ${key} not found`);
      if (cursor.ns !== ns)
        throw new MongoError(13, 'Unauthorized', `Requested getMore on namespace '${ns}', but cursor belongs to a different namespace`);
      const [batch, left] = take(cursor.left, batchSize === undefined || batchSize === 0 ? Infinity : batchSize);
      Object.assign(cursor, { left, usedAt: Date.now() });
      if (left.length === 0) cursors.delete(key);
      return { cursor: { nextBatch: new RawBatch(batch), id: left.length === 0 ? Long.ZERO : id, ns: cursor.ns }, ok: 1 };
    },
    kill: (id: Long) => cursors.delete(id.toString()),
    close: () => clearInterval(timer),
  };
}
export type Cursors = ReturnType<typeof createCursors>;
