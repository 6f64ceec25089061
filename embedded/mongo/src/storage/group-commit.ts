import type { RootDatabase } from 'lmdb';
import { toError } from '../errors';
import type { Space } from './space';

interface Pending {
  run: () => void;
  resolve: () => void;
  reject: (error: Error) => void;
}
/** A transaction ends behind the command with which it grows past this. */
const MAX_TRANSACTION_BYTES = 32 * 1024 * 1024;
/** ... or lasts longer than this. */
const MAX_TRANSACTION_MS = 100;

/**
 * Runs write commands one after the other, each alone, inside a transaction that they share: all
 * that came in one turn of the event loop are committed, and flushed to disk, together, before any
 * of them is answered. Sixty-four writers thus pay for one flush, and what a command checks cannot
 * change under it.
 *
 * The commit holds the thread while the disk works. In exchange no reader ever sees that which is
 * not on disk, and no answer needs to be taken back.
 */
export function createGroupCommit(root: RootDatabase, space: Space, onLost: () => void) {
  const queue: Pending[] = [];

  const commit = () => {
    try {
      space.begin();
    } catch (error) {
      for (const { reject } of queue.splice(0)) reject(toError(error));
      return;
    }
    const batch: Pending[] = [];
    try {
      const until = performance.now() + MAX_TRANSACTION_MS;
      root.transactionSync(() => {
        for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
          batch.push(next);
          next.run();
          if (space.spent() > MAX_TRANSACTION_BYTES || performance.now() > until) break;
        }
      });
    } catch (error) {
      // Nothing of this batch is stored; what memory believes of it goes as well.
      onLost();
      for (const { reject } of batch) reject(toError(error));
      if (queue.length > 0) setImmediate(commit);
      return;
    }
    for (const { resolve } of batch) resolve();
    if (queue.length > 0) setImmediate(commit);
  };

  return {
    /**
     * Resolves with what `action` answered when all it wrote is on disk, or rejects with what it
     * threw.
     */
    write<T>(action: () => T): Promise<T> {
      return new Promise<T>((resolve, reject) => {
        let settle = () => reject(new Error('the write did not run'));
        const run = () => {
          try {
            const value = action();
            settle = () => resolve(value);
          } catch (error) {
            const failure = toError(error);
            settle = () => reject(failure);
          }
        };
        queue.push({ run, resolve: () => settle(), reject });
        if (queue.length === 1) setImmediate(commit);
      });
    },
  };
}
