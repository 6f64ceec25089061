import type { RootDatabase } from 'lmdb';

interface Waiting {
  run: () => void;
  done: () => void;
  failed: (error: Error) => void;
}

/**
 * Runs write commands one after the other, each alone, inside a transaction they share: all that came in one turn of the event loop are committed, and
 * flushed to disk, together, before any of them is answered. Sixty-four writers thus pay for one flush, and what a command checks cannot change under it.
 *
 * The commit holds the thread while the disk works. In exchange nobody ever sees what is not on disk, and no answer needs to be taken back.
 */
export function createGroupCommit(root: RootDatabase, onLost: () => void) {
  let queue: Waiting[] = [];

  const commit = () => {
    const batch = queue;
    queue = [];
    try {
      root.transactionSync(() => {
        for (const { run } of batch) run();
      });
    } catch (error) {
      // Nothing of this batch is stored, e.g. because the disk is full; what memory believes of it goes as well.
      onLost();
      for (const { failed } of batch) failed(error as Error);
      return;
    }
    for (const { done } of batch) done();
  };

  return {
    /** Resolves with what `action` answered when all it wrote is on disk, or rejects with what it threw. */
    write<T>(action: () => T): Promise<T> {
      return new Promise<T>((resolve, reject) => {
        let settle = () => reject(new Error('the write did not run'));
        const run = () => {
          try {
            const value = action();
            settle = () => resolve(value);
          } catch (error) {
            const failure = error as Error;
            settle = () => reject(failure);
          }
        };
        queue.push({ run, done: () => settle(), failed: reject });
        if (queue.length === 1) setImmediate(commit);
      });
    },
  };
}
