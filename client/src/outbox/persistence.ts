import { withDeadline } from '../core/deadline.js';
import type { Logger } from '../core/log.js';
import type { OutboxEntry, OutboxStorage } from './types.js';

/** A call of the storage that takes longer than this counts as failed. */
const CALL_DEADLINE_MS = 2_000;
/** After a call without an answer the storage is left alone for this time. */
const PAUSE_MS = 60_000;

export interface Persistence {
  /** Empty where the storage fails. A list that comes after the deadline goes to `onLate`. */
  load(userId: string, onLate: (entries: OutboxEntry[]) => void): Promise<OutboxEntry[]>;
  put(entry: OutboxEntry): void;
  remove(entry: OutboxEntry): void;
  close(): void;
}

/** A storage that may fail or never answer, behind calls that never fail and always end. */
export function createPersistence(storage: OutboxStorage, log: Logger): Persistence {
  let pausedUntil = 0;
  /** Writes run in order; at most as many wait as fit in the deadline of one that hangs. */
  let last: Promise<unknown> = Promise.resolve();

  const call = async <T>(work: () => Promise<T>): Promise<T | undefined> => {
    if (Date.now() < pausedUntil) return undefined;
    try {
      return await withDeadline(Promise.resolve().then(work), CALL_DEADLINE_MS, 'The outbox storage did not answer in time');
    } catch (error) {
      const hangs = (error as { code?: unknown }).code === 'TIMEOUT';
      if (hangs) pausedUntil = Date.now() + PAUSE_MS;
      log({ level: 'warn', event: 'outbox storage failed', cause: error });
      return undefined;
    }
  };
  const write = (work: () => Promise<void>) => {
    last = last.then(() => call(work));
  };
  return {
    async load(userId, onLate) {
      let late = false;
      const loading = call(async () => {
        const entries = await storage.load(userId);
        if (late) onLate(entries);
        return entries;
      });
      const entries = await loading;
      late = true;
      return entries ?? [];
    },
    put: (entry) => write(() => storage.put(entry)),
    remove: (entry) => write(() => storage.remove(entry.userId, entry.clientMessageId)),
    close: () => void last.finally(() => storage.close?.()),
  };
}
