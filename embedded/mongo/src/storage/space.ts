import { statfsSync, statSync } from 'node:fs';
import { MongoError } from '../errors';

/** Below this much free space nothing is written. */
export const DEFAULT_MIN_FREE_BYTES = 64 * 1024 * 1024;
const PAGE_BYTES = 4_096;
/**
 * Pages that one changed key may make lmdb write anew: its leaf, the way to it, and free-page
 * records.
 */
const PAGES_PER_CHANGE = 4;
/**
 * With as much free space as this, the disk is not looked at again for a moment: no other program
 * fills it within that time.
 */
const AMPLE_BYTES = 2 * 1024 ** 3;
const AMPLE_MS = 50;

export interface Space {
  /** Throws OutOfDiskSpace where too little is free to begin a transaction. */
  begin(): void;
  /**
   * Accounts for changes before they are made; throws OutOfDiskSpace where the transaction may not
   * fit.
   */
  spend(keys: number, bytes: number): void;
  /** What the changes of this transaction amount to. */
  spent(): number;
}

/**
 * Watches the free space of the data directory. A write that meets a full disk inside lmdb may
 * corrupt its memory, so the space is looked up before a transaction, and each change counts
 * with the most that it can take: a transaction writes each existing page at most once, and its new
 * data.
 */
export function createSpace(dataDir: string, file: string, minFreeBytes: number): Space {
  let available = 0;
  let size = 0;
  let changes = 0;
  let bytes = 0;
  let lookedAt = -Infinity;
  /** The most that was written since the disk was looked at. */
  let since = 0;
  const most = () => Math.min(changes * PAGES_PER_CHANGE * PAGE_BYTES, size) + bytes * 2;
  const full = () =>
    new MongoError(
      'OutOfDiskSpace',
      `the disk of ${dataDir} has less than ${Math.ceil(minFreeBytes / 1024 / 1024)} MB left: nothing is written until there is more; reads go on`,
    );
  return {
    begin() {
      since += most();
      changes = 0;
      bytes = 0;
      if (available - since > AMPLE_BYTES && performance.now() - lookedAt < AMPLE_MS) return;
      const { bavail, bsize } = statfsSync(dataDir);
      available = bavail * bsize - minFreeBytes;
      if (available < 0) throw full();
      size = statSync(file).size;
      lookedAt = performance.now();
      since = 0;
    },
    spend(keys, more) {
      changes += keys;
      bytes += more;
      // Half of what must stay free may be used by the transaction that comes close to it.
      if (since + most() > available + minFreeBytes / 2) throw full();
    },
    spent: () => bytes,
  };
}
