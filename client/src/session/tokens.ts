import { startTimer, withDeadline } from '../core/deadline.js';
import { LinstaError } from '../errors.js';
import { createTokenClock, lifetimeMs } from './token-clock.js';

/** A token is renewed when this much of its life is left. */
const EARLY_MS = 30_000;
const LONGEST_TIMER_MS = 2 ** 31 - 1;
/** A `getToken` that never answers counts as failed after this time. */
const SOURCE_DEADLINE_MS = 30_000;

export interface Tokens {
  /** Concurrent callers share one request. Throws `LinstaError`. */
  get(force?: boolean): Promise<string>;
  /** The token in use, if any. */
  current(): string | undefined;
  /** Renews the token before it expires, until `stop`. */
  start(): void;
  stop(): void;
}

/** The token in use. `onRenewed` receives each new one. */
export function createTokens(options: {
  token?: string | undefined;
  getToken?: ((options: { force: boolean }) => Promise<string> | string) | undefined;
  onRenewed: (token: string) => void;
}): Tokens {
  const { getToken } = options;
  const clock = createTokenClock();
  let current = options.token;
  let requesting: Promise<string> | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let started = false;
  /** Renewals in a row that brought no new token: each doubles the delay before the next. */
  let fruitless = 0;

  const schedule = () => {
    clearTimeout(timer);
    if (!started || getToken === undefined || current === undefined) return;
    const left = clock.leftMs(current);
    if (left === Infinity) return;
    const inMs = Math.max(left - EARLY_MS, left / 2, 1_000 * 2 ** Math.min(fruitless, 8));
    timer = startTimer(() => void request(false, true).catch(() => undefined), Math.min(inMs, LONGEST_TIMER_MS));
  };
  /**
   * A token that seems not yet valid shows that this device's clock is slow; a token that was just
   * renewed and seems half used, that it is fast.
   */
  const learnClock = (token: string, justIssued: boolean) => {
    const [left, lifetime] = [clock.leftMs(token), lifetimeMs(token)];
    if (left > lifetime || (justIssued && left < lifetime / 2)) clock.issuedNow(token);
  };
  const fetchToken = async (force: boolean, renewing: boolean): Promise<string> => {
    if (getToken === undefined) {
      if (current !== undefined && !force) return current;
      throw new LinstaError('INVALID_TOKEN', 'The token is no longer accepted', { status: 401 });
    }
    fruitless += renewing ? 1 : 0;
    try {
      const asked = Promise.resolve(getToken({ force: force || renewing }));
      const token = await withDeadline(asked, SOURCE_DEADLINE_MS, 'getToken did not answer in time');
      if (typeof token !== 'string' || token === '') throw new LinstaError('NO_TOKEN', 'getToken gave no token', { status: 401 });
      const isNew = token !== current;
      current = token;
      if (isNew) {
        fruitless = 0;
        learnClock(token, force || renewing);
        options.onRenewed(token);
      }
      return token;
    } finally {
      schedule();
    }
  };
  const request = (force: boolean, renewing: boolean): Promise<string> => {
    requesting ??= fetchToken(force, renewing).finally(() => (requesting = undefined));
    return requesting;
  };

  return {
    get(force = false) {
      if (!force && current !== undefined && clock.leftMs(current) > 1_000) return Promise.resolve(current);
      return request(force, false);
    },
    current: () => current,
    start() {
      started = true;
      schedule();
    },
    stop() {
      started = false;
      clearTimeout(timer);
    },
  };
}
