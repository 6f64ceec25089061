import { setTimeout as sleep } from 'node:timers/promises';

export interface Backoff {
  firstMs: number;
  maxMs: number;
}

/**
 * Delay before the attempt with this number (0 is the first repeat): doubles up to the limit, with
 * half of it random.
 */
export const backoffMs = ({ firstMs, maxMs }: Backoff, attempt: number): number =>
  Math.min(maxMs, firstMs * 2 ** Math.min(attempt, 30)) * (0.5 + Math.random() / 2);

/**
 * Repeats `work` with growing delays until it succeeds, `repeatable` refuses its error (which is
 * then thrown), or `stopped` says so (then the last error is thrown). The pending delay does not
 * keep the process alive.
 */
export async function retry<T>(
  work: (attempt: number) => Promise<T>,
  options: Backoff & { repeatable?: (error: unknown, attempt: number) => boolean; stopped?: () => boolean },
): Promise<T> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await work(attempt);
    } catch (error) {
      if (options.stopped?.() === true || options.repeatable?.(error, attempt) === false) throw error;
      await sleep(backoffMs(options, attempt), undefined, { ref: false });
      if (options.stopped?.() === true) throw error;
    }
  }
}
