import type { Tokens as TokenAnswer } from '@linsta/contracts';
import { createSafeStorage } from '../core/key-value.js';
import { onWindow } from '../core/page.js';
import { createNetwork } from '../core/settings.js';
import { createStore } from '../core/store.js';
import { withTabLock } from '../core/tab-lock.js';
import { LinstaError, toLinstaError } from '../errors.js';
import { exchange } from '../http/exchange.js';
import { createPendingLogouts } from './pending-logouts.js';
import { createTokenClock } from './token-clock.js';
import type { Session, SessionOptions, SessionState } from './types.js';

/** The stored session: the last answer, and the difference of the clocks when it arrived. */
type Kept = TokenAnswer & { clockOffsetMs?: number };

/** A token with less than this left is renewed before it is handed out. */
const EARLY_MS = 20_000;
/** Another tab that refreshes holds the lock; a suspended one holds it without end. */
const LOCK_WAIT_MS = 3_000;

const createSignedOut = () => new LinstaError('SIGNED_OUT', 'There is no session', { status: 401 });
/**
 * Whether Linsta itself refused the refresh token; a 401 of a proxy or portal says nothing about
 * it.
 */
const isSessionOver = ({ status, code }: LinstaError) => status === 401 && code !== 'UNEXPECTED_ANSWER' && !code.startsWith('HTTP_');

/** Accounts of Linsta's own users service. */
export function createSession(options: SessionOptions = {}): Session {
  const network = createNetwork(options);
  const storage = createSafeStorage(options.storage);
  const key = `linsta.session${options.name === undefined ? '' : `.${options.name}`}`;
  const pendingKey = `${key}.ending`;
  const logouts = createPendingLogouts({ storage, key: pendingKey, network, onChange: () => update() });
  let refreshing: Promise<Kept> | undefined;
  let ended = false;
  let stopListening: (() => void)[] = [];

  const read = (): Kept | undefined => {
    try {
      const text = storage.get(key);
      return text === undefined ? undefined : (JSON.parse(text) as Kept);
    } catch {
      return undefined;
    }
  };
  const currentState = (): SessionState => {
    const kept = read();
    if (kept !== undefined) return { status: 'signed-in', user: kept.user };
    return { status: 'signed-out', ...(logouts.count() > 0 && { logoutPending: true }), ...(ended && { ended: true }) };
  };
  const state = createStore<SessionState>(currentState(), undefined, { status: 'restoring' });
  const update = () => {
    const next = currentState();
    if (JSON.stringify(next) !== JSON.stringify(state.get())) state.set(next);
  };
  const keep = (kept: Kept | undefined) => {
    storage.set(key, kept === undefined ? undefined : JSON.stringify(kept));
    update();
  };
  /** `answer` was issued just now. */
  const keepAnswer = (answer: TokenAnswer): Kept => {
    const clock = createTokenClock();
    clock.issuedNow(answer.token);
    const kept = { ...answer, clockOffsetMs: clock.offsetMs };
    ended = false;
    keep(kept);
    return kept;
  };
  const isFresh = ({ token, clockOffsetMs }: Kept) => createTokenClock(clockOffsetMs).leftMs(token) > EARLY_MS;

  const listen = () => {
    if (stopListening.length > 0) return;
    const onStorage = ({ key: changed }: { key: string | null }) => {
      for (const own of [key, pendingKey]) if (changed === own || changed === null) storage.forgetUnwritten(own);
      update();
    };
    stopListening = [onWindow('online', () => void logouts.retry())];
    if (storage.shared) stopListening.push(onWindow('storage', onStorage));
    update();
    if (logouts.count() > 0) void logouts.retry();
  };
  listen();

  const requestRefresh = async (refusedToken: string): Promise<Kept> => {
    const before = read();
    if (before === undefined) throw createSignedOut();
    // Another tab has refreshed already.
    if (before.token !== refusedToken && isFresh(before)) return before;
    let answer: TokenAnswer;
    try {
      const { refreshToken } = before;
      answer = (await exchange(network, { method: 'POST', path: '/api/auth/refresh', body: { refreshToken } })) as TokenAnswer;
    } catch (error) {
      if (!isSessionOver(toLinstaError(error))) throw error;
      const now = read();
      if (now !== undefined && now.refreshToken !== before.refreshToken) return now;
      ended = true;
      keep(undefined);
      throw createSignedOut();
    }
    const now = read();
    if (now?.refreshToken === before.refreshToken) return keepAnswer(answer);
    // Another tab refreshed meanwhile, or the person signed out: then the new token must not
    // outlive that.
    if (now !== undefined) return now;
    void logouts.end(answer.refreshToken, answer.token);
    throw createSignedOut();
  };
  const refresh = (refusedToken: string) => {
    const work = () => requestRefresh(refusedToken);
    refreshing ??= (storage.shared ? withTabLock(key, LOCK_WAIT_MS, work) : work()).finally(() => (refreshing = undefined));
    return refreshing;
  };
  const enter = async (path: string, body: object) => {
    listen();
    keepAnswer((await exchange(network, { method: 'POST', path, body })) as TokenAnswer);
  };
  const getToken = async ({ force = false }: { force?: boolean } = {}) => {
    listen();
    const kept = read();
    if (kept === undefined) {
      update();
      throw createSignedOut();
    }
    return !force && isFresh(kept) ? kept.token : (await refresh(kept.token)).token;
  };

  return {
    get: state.get,
    getServerSnapshot: state.getServerSnapshot,
    subscribe(listener) {
      listen();
      return state.subscribe(listener);
    },
    register: (input) => enter('/api/auth/register', input),
    login: (input) => enter('/api/auth/login', input),
    async logout() {
      const kept = read();
      ended = false;
      keep(undefined);
      if (kept !== undefined) await logouts.end(kept.refreshToken, isFresh(kept) ? kept.token : undefined);
    },
    getToken,
    async updateProfile(patch) {
      const token = await getToken();
      const user = (await exchange(network, { method: 'PATCH', path: '/api/users/me', token, body: patch })) as Kept['user'];
      const kept = read();
      if (kept !== undefined) keep({ ...kept, user });
    },
    close() {
      stopListening.forEach((stop) => stop());
      stopListening = [];
      logouts.stop();
    },
  };
}
