import { toLinstaError } from '../errors.js';

export interface RetryOptions {
  /** Delay before the first retry; each further one doubles. 500 ms. */
  firstDelayMs?: number;
  /** No delay is longer than this. 15,000 ms. */
  longestDelayMs?: number;
}
/** Delay before the retry after attempt number `attempt`, counted from 0; in ms. */
export type BackOff = (attempt: number) => number;

/**
 * Exponential delays with jitter, so that clients that were cut off together come back one after
 * another.
 */
export const createBackOff =
  ({ firstDelayMs = 500, longestDelayMs = 15_000 }: RetryOptions = {}): BackOff =>
  (attempt) =>
    Math.min(longestDelayMs, firstDelayMs * 2 ** Math.min(attempt, 16)) * (0.5 + Math.random() / 2);

export const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Repeats `work` with back-off while it fails with a retryable error and `goesOn` answers true. */
export async function retryWhile(work: () => Promise<unknown>, goesOn: () => boolean, backOff: BackOff): Promise<void> {
  for (let attempt = 0; goesOn(); attempt += 1) {
    try {
      return void (await work());
    } catch (error) {
      const { retryable, retryAfterMs } = toLinstaError(error);
      if (!retryable) return;
      await sleep(Math.max(backOff(attempt), retryAfterMs ?? 0));
    }
  }
}
