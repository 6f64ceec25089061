import { createSession, type SessionOptions } from '@linsta/client';
import { waitFor } from '@linsta/testing';
import { createFetchStub, createStorageStub, json, problem, tokenOf, type StubAnswer, type StubRequest } from './support/fetch-stub.js';

const USER = { _id: 'a'.repeat(24), name: 'Ann', email: 'ann@example.com', avatarUrl: null, createdAt: '2026-01-01T00:00:00.000Z' };
const LIFE_SECONDS = 900;
const CREDENTIALS = { email: USER.email, password: 'correct horse' };

/**
 * A users service with rotating refresh tokens, whose clock is `serverClockMs` ahead of this
 * device's.
 */
function createUsersStub({ serverClockMs = 0, onRefresh, onLogout }: Partial<Hooks> = {}) {
  let issued = 0;
  const tokens = () => {
    issued += 1;
    const iat = Math.floor((Date.now() + serverClockMs) / 1000);
    return { token: tokenOf({ userId: USER._id, iat, exp: iat + LIFE_SECONDS, n: issued }), refreshToken: `refresh-${issued}`, user: USER };
  };
  const stub = createFetchStub((request) => {
    if (request.path === '/api/auth/login') return json(tokens());
    if (request.path === '/api/auth/refresh') return onRefresh?.(request, () => json(tokens())) ?? json(tokens());
    if (request.path === '/api/auth/logout') return onLogout?.(request) ?? { status: 204 };
    return problem(404, 'NOT_FOUND');
  });
  return { ...stub, count: (path: string) => stub.requests.filter((request) => request.path === path).length };
}
interface Hooks {
  serverClockMs: number;
  onRefresh(request: StubRequest, rotate: () => StubAnswer): StubAnswer | Promise<StubAnswer>;
  onLogout(request: StubRequest): StubAnswer | undefined;
}

const sessions: { close(): void }[] = [];
const openSession = (options: SessionOptions) => {
  const session = createSession({ url: 'http://linsta.test', retry: { firstDelayMs: 5, longestDelayMs: 20 }, deadlineMs: 200, ...options });
  sessions.push(session);
  return session;
};
afterEach(() => {
  sessions.splice(0).forEach((session) => session.close());
  delete (globalThis as { localStorage?: unknown }).localStorage;
});

describe('refresh', () => {
  test('given a refresh whose answer was lost, when it is repeated, then the same token is sent again and the session goes on', async () => {
    let refreshes = 0;
    const onRefresh: Hooks['onRefresh'] = (_request, rotate) => ((refreshes += 1) === 1 ? (rotate(), 'lost') : rotate());
    const users = createUsersStub({ onRefresh });
    const session = openSession({ storage: createStorageStub(), fetch: users.fetch });
    await session.login(CREDENTIALS);
    await expect(session.getToken({ force: true })).rejects.toMatchObject({ code: 'NETWORK', retryable: true });
    expect(session.get()).toMatchObject({ status: 'signed-in' });
    await expect(session.getToken({ force: true })).resolves.toEqual(expect.any(String));
    expect(users.requests.filter(({ path }) => path.endsWith('refresh')).map(({ body }) => body)).toEqual([
      { refreshToken: 'refresh-1' },
      { refreshToken: 'refresh-1' },
    ]);
  });

  test('given a storage that refuses writes, when tokens rotate, then the newest is kept in memory', async () => {
    const users = createUsersStub();
    const full = {
      ...createStorageStub(),
      setItem: () => {
        throw new DOMException('full', 'QuotaExceededError');
      },
    };
    const session = openSession({ storage: full, fetch: users.fetch });
    await session.login(CREDENTIALS);
    expect(session.get()).toMatchObject({ status: 'signed-in', user: { name: 'Ann' } });
    await session.getToken({ force: true });
    await session.getToken({ force: true });
    expect(users.requests.at(-1)?.body).toEqual({ refreshToken: 'refresh-2' });
  });

  test('given a browser that forbids storage, when a person signs in, then the session works in memory', async () => {
    Object.defineProperty(globalThis, 'localStorage', {
      configurable: true,
      get: () => {
        throw new DOMException('denied', 'SecurityError');
      },
    });
    const users = createUsersStub();
    const session = openSession({ fetch: users.fetch });
    await session.login(CREDENTIALS);
    await expect(session.getToken()).resolves.toEqual(expect.any(String));
  });

  test.each([
    ['a portal’s web page', { status: 401, html: '<h1>Sign in to the Wi-Fi</h1>' }],
    ['a proxy without a problem document', json({}, 401)],
  ])('given %s with status 401 instead of an answer, when a token is refreshed, then the session is kept', async (_what, answer) => {
    const users = createUsersStub({ onRefresh: () => answer });
    const session = openSession({ storage: createStorageStub(), fetch: users.fetch });
    await session.login(CREDENTIALS);
    await expect(session.getToken({ force: true })).rejects.toThrow();
    expect(session.get().status).toBe('signed-in');
  });

  test('given a session that was ended on the server, when a token is refreshed, then the state says that it was ended', async () => {
    const users = createUsersStub({ onRefresh: () => problem(401, 'INVALID_REFRESH_TOKEN') });
    const session = openSession({ storage: createStorageStub(), fetch: users.fetch });
    await session.login(CREDENTIALS);
    await expect(session.getToken({ force: true })).rejects.toMatchObject({ code: 'SIGNED_OUT' });
    expect(session.get()).toEqual({ status: 'signed-out', ended: true });
  });

  test('given two tabs without locks, when the slower one is refused, then it goes on with the tokens of the faster one', async () => {
    const storage = createStorageStub();
    let release: (answer: StubAnswer) => void = () => undefined;
    let refreshes = 0;
    const onRefresh: Hooks['onRefresh'] = (_request, rotate) =>
      (refreshes += 1) === 1 ? new Promise((resolve) => (release = resolve)) : rotate();
    const users = createUsersStub({ onRefresh });
    const [slow, fast] = [openSession({ storage, fetch: users.fetch }), openSession({ storage, fetch: users.fetch })];
    await slow.login(CREDENTIALS);
    const waiting = slow.getToken({ force: true });
    const token = await fast.getToken({ force: true });
    release(problem(401, 'INVALID_REFRESH_TOKEN'));
    await expect(waiting).resolves.toBe(token);
    expect(slow.get().status).toBe('signed-in');
  });

  test.each([
    ['two hours fast', -7_200_000],
    ['16 minutes fast', -960_000],
    ['a day slow', 86_400_000],
  ])('given a device clock that is %s, when tokens are requested, then they are not refreshed each time', async (_what, serverClockMs) => {
    const users = createUsersStub({ serverClockMs });
    const storage = createStorageStub();
    const session = openSession({ storage, fetch: users.fetch });
    await session.login(CREDENTIALS);
    for (let n = 0; n < 5; n += 1) await session.getToken();
    // After a reload too.
    await openSession({ storage, fetch: users.fetch }).getToken();
    expect(users.count('/api/auth/refresh')).toBe(0);
  });

  test('given a lock that is never granted, when a token is refreshed, then it goes on without the lock', async () => {
    Object.defineProperty(globalThis, 'localStorage', { configurable: true, value: createStorageStub() });
    const navigatorBefore = Object.getOwnPropertyDescriptor(globalThis, 'navigator');
    const locks = { request: () => new Promise(() => undefined) };
    Object.defineProperty(globalThis, 'navigator', { configurable: true, value: { locks } });
    try {
      const users = createUsersStub();
      const session = openSession({ fetch: users.fetch });
      await session.login(CREDENTIALS);
      await expect(session.getToken({ force: true })).resolves.toEqual(expect.any(String));
    } finally {
      if (navigatorBefore === undefined) delete (globalThis as { navigator?: unknown }).navigator;
      else Object.defineProperty(globalThis, 'navigator', navigatorBefore);
    }
  });
});

describe('sign-out', () => {
  test('given no network, when a person signs out, then the state says that the server has not confirmed, until it has', async () => {
    let online = false;
    const users = createUsersStub({ onLogout: () => (online ? undefined : 'lost') });
    const session = openSession({ storage: createStorageStub(), fetch: users.fetch });
    await session.login(CREDENTIALS);
    await session.logout();
    expect(session.get()).toEqual({ status: 'signed-out', logoutPending: true });
    await waitFor(() => users.count('/api/auth/logout') > 2, 'retries');
    expect(session.get()).toEqual({ status: 'signed-out', logoutPending: true });
    online = true;
    await waitFor(() => session.get().status === 'signed-out' && !('logoutPending' in session.get()), 'the confirmation');
    expect(users.requests.at(-1)?.body).toEqual({ refreshToken: 'refresh-1' });
  });

  test('given a sign-out that was not confirmed, when the page is opened again, then it is retried', async () => {
    let online = false;
    const users = createUsersStub({ onLogout: () => (online ? undefined : 'lost') });
    const storage = createStorageStub();
    const first = openSession({ storage, fetch: users.fetch });
    await first.login(CREDENTIALS);
    await first.logout();
    first.close();
    online = true;
    const second = openSession({ storage, fetch: users.fetch });
    expect(second.get()).toEqual({ status: 'signed-out', logoutPending: true });
    await waitFor(() => !('logoutPending' in second.get()), 'the confirmation');
    expect(storage.values.size).toBe(0);
  });

  test('given an expired access token, when a person signs out, then the refresh token alone is sent', async () => {
    const users = createUsersStub();
    const storage = createStorageStub();
    const session = openSession({ storage, fetch: users.fetch });
    await session.login(CREDENTIALS);
    const [[key, kept] = ['', '{}']] = storage.values;
    storage.values.set(key, JSON.stringify({ ...JSON.parse(kept), token: tokenOf({ userId: USER._id, iat: 1, exp: 2 }) }));
    await session.logout();
    expect(users.requests.at(-1)).toMatchObject({ path: '/api/auth/logout', body: { refreshToken: 'refresh-1' } });
    expect(users.requests.at(-1)?.headers).not.toHaveProperty('authorization');
  });

  test('given a server that refuses the access token, when a person signs out, then the refresh token is sent without it', async () => {
    const onLogout = ({ headers }: StubRequest) => ('authorization' in headers ? problem(401, 'INVALID_TOKEN') : undefined);
    const users = createUsersStub({ onLogout });
    const session = openSession({ storage: createStorageStub(), fetch: users.fetch });
    await session.login(CREDENTIALS);
    await session.logout();
    expect(users.count('/api/auth/logout')).toBe(2);
    expect(session.get()).toEqual({ status: 'signed-out' });
  });

  test('given a refresh on its way, when a person signs out, then the new token does not bring the session back and is ended too', async () => {
    let release: () => void = () => undefined;
    const onRefresh: Hooks['onRefresh'] = (_request, rotate) => new Promise((resolve) => (release = () => resolve(rotate())));
    const users = createUsersStub({ onRefresh });
    const session = openSession({ storage: createStorageStub(), fetch: users.fetch });
    await session.login(CREDENTIALS);
    const refreshing = session.getToken({ force: true });
    await waitFor(() => users.count('/api/auth/refresh') === 1, 'the refresh');
    await session.logout();
    release();
    await expect(refreshing).rejects.toMatchObject({ code: 'SIGNED_OUT' });
    await waitFor(() => users.count('/api/auth/logout') === 2, 'the second logout');
    expect(users.requests.filter(({ path }) => path.endsWith('logout')).map(({ body }) => body)).toEqual([
      { refreshToken: 'refresh-1' },
      { refreshToken: 'refresh-2' },
    ]);
    expect(session.get()).toEqual({ status: 'signed-out' });
  });
});

test('given a closed session, when it is used again, then it follows other tabs again', async () => {
  const listeners = new Set<unknown>();
  const page = globalThis as unknown as Record<string, unknown>;
  page.addEventListener = (name: string, listener: unknown) => name === 'storage' && listeners.add(listener);
  page.removeEventListener = (_name: string, listener: unknown) => listeners.delete(listener);
  Object.defineProperty(globalThis, 'localStorage', { configurable: true, value: createStorageStub() });
  try {
    const session = openSession({ fetch: createUsersStub().fetch });
    expect(listeners.size).toBe(1);
    session.close();
    expect(listeners.size).toBe(0);
    session.subscribe(() => undefined);
    expect(listeners.size).toBe(1);
  } finally {
    delete page.addEventListener;
    delete page.removeEventListener;
  }
});
