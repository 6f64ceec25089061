import { createLinsta, isRetryable, type LinstaOptions, type LogEntry } from '@linsta/client';
import { createFetchStub, json, problem, tokenOf } from './support/fetch-stub.js';

const clientOf = (options: LinstaOptions) =>
  createLinsta({
    url: 'http://linsta.test',
    token: tokenOf({ userId: 'a'.repeat(24) }),
    retry: { firstDelayMs: 1, longestDelayMs: 2 },
    deadlineMs: 100,
    ...options,
  });
const SECRET = 'a secret text';

describe('failures are named', () => {
  test.each<[string, Parameters<typeof createFetchStub>[0], object]>([
    [
      'a web page',
      () => ({ status: 200, html: '<p>Welcome</p>' }),
      { code: 'UNEXPECTED_ANSWER', message: expect.stringContaining('a web page') },
    ],
    [
      'a proxy’s error page',
      () => ({ status: 502, html: '<p>Bad gateway</p>' }),
      { code: 'UNEXPECTED_ANSWER', status: 502, retryable: true },
    ],
    [
      'a page that is not there',
      () => ({ status: 404, html: '<p>Not found</p>' }),
      { code: 'UNEXPECTED_ANSWER', status: 404, retryable: false },
    ],
    ['no answer', () => 'silent', { code: 'TIMEOUT', retryable: true }],
    ['a lost connection', () => 'lost', { code: 'NETWORK', retryable: true, cause: expect.any(TypeError) }],
    ['a refusal', () => problem(409, 'EMAIL_TAKEN'), { code: 'EMAIL_TAKEN', status: 409, retryable: false }],
    ['an unknown refusal', () => problem(418, 'A_CODE_OF_TOMORROW'), { code: 'A_CODE_OF_TOMORROW', retryable: true }],
  ])('given %s, when a call is made, then the error says so', async (_what, handle, expected) => {
    const log: LogEntry[] = [];
    const { fetch } = createFetchStub(handle);
    const failure = await clientOf({ fetch, logger: (entry) => log.push(entry) })
      .call('POST /api/posts', { body: { text: SECRET } })
      .catch((error: unknown) => error);
    expect(failure).toMatchObject(expected);
    expect(log).toEqual([expect.objectContaining({ level: 'warn', event: 'request failed' })]);
    expect(JSON.stringify(log)).not.toContain(SECRET);
  });

  test('given an environment without fetch, when a call is made, then the error says what is missing', async () => {
    const before = globalThis.fetch;
    delete (globalThis as { fetch?: unknown }).fetch;
    try {
      await expect(clientOf({}).call('POST /api/posts', { body: { text: 'a' } })).rejects.toMatchObject({
        code: 'UNSUPPORTED',
        message: expect.stringContaining('fetch'),
      });
    } finally {
      globalThis.fetch = before;
    }
  });

  test('given no url outside a browser, when the client is used, then the option is named; creating it is no failure', async () => {
    const { url: _, ...options } = { url: undefined, token: tokenOf({}) };
    const linsta = createLinsta(options);
    expect(() => linsta.connect()).toThrow('url');
    await expect(linsta.call('POST /api/posts', { body: { text: 'a' } })).rejects.toMatchObject({ code: 'BAD_OPTIONS' });
  });
});

test('given a base path, a custom fetch and headers, when a call is made, then all of them are used', async () => {
  const { fetch, requests } = createFetchStub(() => json([]));
  let at = 0;
  const linsta = clientOf({ url: 'http://linsta.test/linsta/', fetch, headers: () => ({ 'x-tenant': `t${(at += 1)}` }) });
  await linsta.call('GET /api/users', { query: { search: 'a&b=ü', limit: 5 } });
  expect(requests[0]).toMatchObject({
    url: 'http://linsta.test/linsta/api/users?search=a%26b%3D%C3%BC&limit=5',
    headers: { 'x-tenant': 't1', authorization: expect.stringContaining('Bearer ') },
  });
});

test('given a signal, when it aborts, then the call ends as aborted and is not repeated', async () => {
  const { fetch, requests } = createFetchStub(() => 'silent');
  const abort = new AbortController();
  const calling = clientOf({ fetch, deadlineMs: 5_000 }).call('GET /api/users', { query: { search: 'a' }, signal: abort.signal });
  await new Promise((resolve) => setImmediate(resolve));
  abort.abort();
  await expect(calling).rejects.toMatchObject({ code: 'ABORTED', retryable: false });
  expect(requests).toHaveLength(1);
});

test('given a failing read, when it is called, then it is repeated; a write is not', async () => {
  const { fetch, requests } = createFetchStub(() => problem(503, 'UNAVAILABLE'));
  const linsta = clientOf({ fetch });
  await expect(linsta.call('GET /api/unread')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  expect(requests).toHaveLength(3);
  await expect(linsta.call('POST /api/posts', { body: { text: 'a' } })).rejects.toThrow();
  expect(requests).toHaveLength(4);
});

describe('read-all', () => {
  const rowsOf = (version: number | undefined) =>
    [3, 2].map((n) => ({
      ...{ _id: String(n).padStart(24, '0'), userId: 'a', type: 'LIKE', message: '', referenceId: 'r', actorId: 'b' },
      ...{ isRead: false, createdAt: '', ...(version !== undefined && { version }) },
    }));
  const upTo = { upTo: '3'.padStart(24, '0') };
  test.each<[string, number | undefined, boolean, unknown[]]>([
    ['a server with versions', 1, true, [upTo]],
    ['a server without versions', undefined, false, [undefined]],
    ['a server with versions that refuses the body', 1, false, [upTo, undefined]],
  ])('given %s, when all are marked as read, then those that were shown are', async (_what, version, takesBody, expected) => {
    const { fetch, requests } = createFetchStub(({ path, body }) => {
      if (path.startsWith('/api/notifications?')) return json(rowsOf(version));
      if (path.endsWith('unread-count')) return json({ unread: 2 });
      return body !== undefined && !takesBody ? problem(400, 'BAD_REQUEST') : json({ updated: 2 });
    });
    const linsta = clientOf({ fetch });
    await linsta.notifications.retry();
    await linsta.notifications.markAllRead();
    expect(requests.filter(({ path }) => path.endsWith('read-all')).map(({ body }) => body)).toEqual(expected);
    expect(linsta.notifications.get()).toMatchObject({ unread: 0, notifications: [{ isRead: true }, { isRead: true }] });
    linsta.close();
  });
});

test('given the codes of an overloaded server, then they are retryable; given a refusal of the request, then it is final', () => {
  for (const code of ['INTERNAL', 'OVERLOADED', 'UNAVAILABLE', 'RATE_LIMITED', 'TOO_MANY_ROOMS', 'SOMETHING_NEW'])
    expect([code, isRetryable(code)]).toEqual([code, true]);
  for (const code of ['BAD_REQUEST', 'CHAT_ROOM_NOT_FOUND', 'NOT_A_PARTICIPANT']) expect([code, isRetryable(code)]).toEqual([code, false]);
});
