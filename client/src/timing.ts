import { LinstaError } from './errors.js';

export const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Grows from half a second to 15 s, with jitter, so that clients cut off together do not come back together. */
export const backOffMs = (attempt: number) => Math.min(15_000, 500 * 2 ** Math.min(attempt, 10)) * (0.5 + Math.random() / 2);

/** Does it again, ever more slowly, while the server says "not now" and `goesOn`. */
export async function untilDone(work: () => Promise<unknown>, goesOn: () => boolean): Promise<void> {
  for (let attempt = 0; goesOn(); attempt += 1) {
    try {
      return void (await work());
    } catch (error) {
      if (!toLinstaError(error).retryable) return;
      await sleep(backOffMs(attempt));
    }
  }
}

/** Whatever was thrown, as the one class of this client. */
export const toLinstaError = (error: unknown): LinstaError =>
  error instanceof LinstaError
    ? error
    : new LinstaError('NETWORK', error instanceof Error && error.message !== '' ? error.message : 'The server cannot be reached');
