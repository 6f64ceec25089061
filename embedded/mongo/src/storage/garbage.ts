import { numberPrefix } from './keys';
import type { Bytes } from './scan';
import type { Space } from './space';

/** Keys that one transaction removes. */
const CHUNK = 2_000;
const PREFIX = 'garbage:';

export type Table = 'docs' | 'entries';

/**
 * Removes the documents of dropped collections and the entries of dropped indexes a portion at a
 * time. That which is to be removed is on record from the transaction that dropped it, so that a
 * restart goes on with it.
 */
export function createGarbage(internal: Bytes, tables: Record<Table, Bytes>, space: Space) {
  const keyOf = (table: Table, id: number) => Buffer.from(`${PREFIX}${table}:${id}`);
  const portion = (table: Table, id: number): boolean => {
    const keys = [...tables[table].getKeys({ start: numberPrefix(id), end: numberPrefix(id + 1), limit: CHUNK })];
    space.spend(keys.length, 0);
    for (const key of keys) tables[table].removeSync(key);
    return keys.length < CHUNK;
  };
  const pending = (): { table: Table; id: number }[] =>
    [...internal.getKeys({ start: Buffer.from(PREFIX), end: Buffer.from(`${PREFIX}~`) })].map((key) => {
      const [, table = '', id = ''] = key.toString().split(':');
      return { table: table as Table, id: Number(id) };
    });
  return {
    pending,
    /** Inside a transaction: removes at once that which is little, and puts the rest on record. */
    discard(table: Table, id: number): void {
      if (!portion(table, id)) internal.putSync(keyOf(table, id), Buffer.alloc(0));
    },
    /** Inside a transaction: the next portion. Answers whether there is more. */
    collect(): boolean {
      const [next] = pending();
      if (next === undefined) return false;
      if (portion(next.table, next.id)) internal.removeSync(keyOf(next.table, next.id));
      return pending().length > 0;
    },
  };
}
