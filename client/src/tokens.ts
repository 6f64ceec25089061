import { LinstaError } from './errors.js';

export interface Claims {
  userId?: string;
  /** Seconds since 1970. */
  exp?: number;
}

/** Reads a token's claims without checking them: that is the server's business. */
export function claimsOf(token: string): Claims {
  try {
    const [, body = ''] = token.split('.');
    const bytes = Uint8Array.from(atob(body.replaceAll('-', '+').replaceAll('_', '/')), (character) => character.charCodeAt(0));
    return JSON.parse(new TextDecoder().decode(bytes)) as Claims;
  } catch {
    return {};
  }
}

/** A token is renewed when this much of its life is left. */
const EARLY_MS = 30_000;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export interface Tokens {
  /** Throws `LinstaError`; concurrent callers share one question. */
  get(force?: boolean): Promise<string>;
  /** The one in use, if any. */
  current(): string | undefined;
  stop(): void;
}

/** The token in use, renewed before it runs out. `onRenewed` hears of each new one. */
export function createTokens(options: {
  token?: string | undefined;
  getToken?: ((options: { force: boolean }) => Promise<string> | string) | undefined;
  onRenewed: (token: string) => void;
}): Tokens {
  let current = options.token;
  let asking: Promise<string> | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let stopped = false;

  const expiresInMs = (token: string) => {
    const { exp } = claimsOf(token);
    return exp === undefined ? Infinity : exp * 1000 - Date.now();
  };
  const schedule = (token: string) => {
    clearTimeout(timer);
    const left = expiresInMs(token);
    if (stopped || left === Infinity || options.getToken === undefined) return;
    // Half of a short life is used, at least.
    const inMs = Math.min(Math.max(left - EARLY_MS, left / 2, 1_000), LONGEST_TIMER_MS);
    timer = setTimeout(() => void ask(false, true).catch(() => !stopped && schedule(token)), inMs);
    (timer as { unref?: () => void }).unref?.();
  };
  const ask = (force: boolean, renewing: boolean): Promise<string> => {
    asking ??= (async () => {
      if (options.getToken === undefined) {
        if (current !== undefined && !force) return current;
        throw new LinstaError('INVALID_TOKEN', 'The token is not taken any more', { status: 401 });
      }
      const token = await options.getToken({ force: force || renewing });
      if (typeof token !== 'string' || token === '') throw new LinstaError('NO_TOKEN', 'There is no token', { status: 401 });
      const renewed = token !== current;
      current = token;
      schedule(token);
      if (renewed) options.onRenewed(token);
      return token;
    })().finally(() => (asking = undefined));
    return asking;
  };

  return {
    get(force = false) {
      if (!force && current !== undefined && expiresInMs(current) > 1_000) return Promise.resolve(current);
      return ask(force, false);
    },
    current: () => current,
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
