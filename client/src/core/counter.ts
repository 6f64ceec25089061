import { startTimer } from './deadline.js';

/** One request answers for all changes within this time. */
const RECOUNT_DELAY_MS = 300;

/** An absolute number of the server beside changes that arrive live. */
export interface Counter {
  /** The number changed here: answers that are on their way are older. */
  changed(): void;
  /**
   * Call before a request; the function takes its answer, or repeats the request if the number
   * changed meanwhile.
   */
  requested(): (count: number) => void;
  /** Requests the number again soon. */
  recount(): void;
  stop(): void;
}

/** `request` fetches the number; `accept` gets each answer that no change has crossed. */
export function createCounter(request: () => Promise<number>, accept: (count: number) => void): Counter {
  let changes = 0;
  let recounting: ReturnType<typeof setTimeout> | undefined;

  const requested = () => {
    const before = changes;
    return (count: number) => (changes === before ? accept(count) : recount());
  };
  const recount = () => {
    recounting ??= startTimer(() => {
      recounting = undefined;
      const answered = requested();
      request().then(answered, () => undefined);
    }, RECOUNT_DELAY_MS);
  };
  return {
    changed: () => void (changes += 1),
    requested,
    recount,
    stop() {
      clearTimeout(recounting);
      recounting = undefined;
    },
  };
}
