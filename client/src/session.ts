import type { Tokens } from '@linsta/contracts';
import { LinstaError } from './errors.js';
import { exchange } from './http.js';
import { originOf } from './linsta.js';
import { createStore } from './store.js';
import { claimsOf } from './tokens.js';
import type { Session, SessionOptions, SessionState } from './types.js';

type Kept = Tokens;
type Keeper = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

/** A token with less than this left is renewed before it is handed out. */
const EARLY_MS = 20_000;

const memoryKeeper = (): Keeper => {
  const kept = new Map<string, string>();
  return {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
  };
};
const browserKeeper = (): Keeper | undefined => {
  try {
    return (globalThis as { localStorage?: Storage }).localStorage;
  } catch {
    return undefined; // a browser that forbids it
  }
};

/** Accounts of Linsta's own users service. */
export function createSession(options: SessionOptions = {}): Session {
  const url = originOf(options.url);
  const shared = options.storage === undefined && browserKeeper() !== undefined;
  const keeper = options.storage === 'memory' ? memoryKeeper() : (options.storage ?? browserKeeper() ?? memoryKeeper());
  const key = `linsta.session${options.name === undefined ? '' : `.${options.name}`}`;
  let refreshing: Promise<Kept> | undefined;

  const read = (): Kept | undefined => {
    try {
      const text = keeper.getItem(key);
      return text === null ? undefined : (JSON.parse(text) as Kept);
    } catch {
      return undefined;
    }
  };
  const stateOf = (kept: Kept | undefined): SessionState =>
    kept === undefined ? { status: 'signed-out' } : { status: 'signed-in', user: kept.user };
  const state = createStore<SessionState>(stateOf(read()));
  const keep = (kept: Kept | undefined) => {
    if (kept === undefined) keeper.removeItem(key);
    else keeper.setItem(key, JSON.stringify(kept));
    const next = stateOf(kept);
    if (JSON.stringify(next) !== JSON.stringify(state.get())) state.set(next);
  };

  // The browser tells the other tabs of a change to their shared storage.
  const onStorage = (event: { key: string | null }) => {
    if (event.key !== key && event.key !== null) return;
    const next = stateOf(read());
    if (JSON.stringify(next) !== JSON.stringify(state.get())) state.set(next);
  };
  const page = globalThis as { addEventListener?: typeof window.addEventListener; removeEventListener?: typeof window.removeEventListener };
  if (shared) page.addEventListener?.('storage', onStorage);

  const signedOut = () => new LinstaError('SIGNED_OUT', 'Nobody is signed in', { status: 401, retryable: false });
  const freshMs = (token: string) => {
    const { exp } = claimsOf(token);
    return exp === undefined ? Infinity : exp * 1000 - Date.now();
  };
  /** Only one tab at a time: a refresh token that is used twice looks like theft. */
  const alone = <T>(work: () => Promise<T>): Promise<T> => {
    const locks = shared ? (globalThis.navigator as { locks?: LockManager } | undefined)?.locks : undefined;
    return locks === undefined ? work() : locks.request(key, work);
  };
  const refresh = (refusedToken: string) => {
    refreshing ??= alone(async () => {
      const kept = read();
      if (kept === undefined) throw signedOut();
      // Another tab was first.
      if (kept.token !== refusedToken && freshMs(kept.token) > EARLY_MS) return kept;
      try {
        const next = (await exchange(url, 'POST', '/api/auth/refresh', undefined, { body: { refreshToken: kept.refreshToken } })) as Kept;
        keep(next);
        return next;
      } catch (error) {
        if (!(error instanceof LinstaError) || error.status !== 401) throw error;
        keep(undefined);
        throw signedOut();
      }
    }).finally(() => (refreshing = undefined));
    return refreshing;
  };
  const enter = async (path: string, body: object) => keep((await exchange(url, 'POST', path, undefined, { body })) as Kept);
  const getToken = async ({ force = false }: { force?: boolean } = {}) => {
    const kept = read();
    if (kept === undefined) {
      keep(undefined);
      throw signedOut();
    }
    if (!force && freshMs(kept.token) > EARLY_MS) return kept.token;
    return (await refresh(kept.token)).token;
  };

  return {
    get: state.get,
    subscribe: state.subscribe,
    register: (input) => enter('/api/auth/register', input),
    login: (input) => enter('/api/auth/login', input),
    async logout() {
      const kept = read();
      // Signed out here whatever the network does; the server is told if it can be.
      keep(undefined);
      if (kept === undefined) return;
      await exchange(url, 'POST', '/api/auth/logout', kept.token, { body: { refreshToken: kept.refreshToken } }).catch(() => undefined);
    },
    getToken,
    async updateProfile(patch) {
      const user = (await exchange(url, 'PATCH', '/api/users/me', await getToken(), { body: patch })) as Kept['user'];
      const kept = read();
      if (kept !== undefined) keep({ ...kept, user });
    },
    close() {
      if (shared) page.removeEventListener?.('storage', onStorage);
    },
  };
}
