import { createServiceFixture, type ServiceFixture } from '@linsta/support/service';
import { signUserToken } from '@linsta/http';
import { waitFor } from '@linsta/testing';
import { createUsersService, loadConfig } from '@linsta/users';

const JWT_SECRET = 'the secret of a test, which is long enough to be one';
/** Holds the publishing of SESSION_ENDED up while `released` is pending. */
let held: { begun: boolean; released: Promise<void> } | undefined;
const holdPublishing = () => {
  let release: () => void = () => undefined;
  held = { begun: false, released: new Promise((resolve) => (release = resolve)) };
  return release;
};
let clock = 0;
let users: ServiceFixture;
beforeAll(async () => {
  // Tokens are verified with the clock of the system, so this one is never behind it.
  clock = Date.now();
  users = await createServiceFixture({
    name: 'users',
    create: createUsersService,
    loadConfig,
    env: { ARGON2_MEMORY_KIB: '64' },
    now: () => new Date(clock),
    beforePublish({ type }) {
      if (type !== 'SESSION_ENDED' || held === undefined) return undefined;
      held.begun = true;
      return held.released;
    },
  });
});
afterAll(() => users.stop());
beforeEach(() => (held = undefined));

let serial = 0;
const register = async (userAgent = 'Test/1.0') => {
  const email = `s${(serial += 1)}@example.com`;
  const body = { name: 'Ann Lee', email, password: 'correct horse' };
  const answer = await users.call('POST', '/api/auth/register', undefined, body, { 'user-agent': userAgent });
  return {
    email,
    id: answer.body.user._id as string,
    token: answer.body.token as string,
    refreshToken: answer.body.refreshToken as string,
  };
};
const login = async (email: string, userAgent = 'Test/1.0', password = 'correct horse') =>
  users.call('POST', '/api/auth/login', undefined, { email, password }, { 'user-agent': userAgent });
const refresh = (refreshToken: string) => users.call('POST', '/api/auth/refresh', undefined, { refreshToken });
const sidOf = (refreshToken: string) => refreshToken.split('.')[0] ?? '';
const isOpen = async (refreshToken: string) => {
  const sid = sidOf(refreshToken);
  return (await users.callInternal('/sessions/check', { sids: [sid] })).body.active.includes(sid) as boolean;
};
const ends = (id: string) => users.published.filter(({ type, data }) => type === 'SESSION_ENDED' && (data as any).userId === id);
const laterBy = (seconds: number) => (clock += seconds * 1000);

describe('refreshing', () => {
  test('when many refresh at once with one token, then all get working tokens, and the session stays open', async () => {
    const { refreshToken } = await register();
    const answers = await Promise.all(Array.from({ length: 20 }, () => refresh(refreshToken)));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    for (const { body } of answers) expect((await refresh(body.refreshToken)).status).toBe(200);
    expect(await isOpen(refreshToken)).toBe(true);
  });
  test.each([1, 11, 600, 86_400])(
    'when an answer is lost and the refresh repeated after %d s, then the new token works',
    async (seconds) => {
      const { refreshToken } = await register();
      await refresh(refreshToken);
      laterBy(seconds);
      const again = await refresh(refreshToken);
      expect(again.status).toBe(200);
      laterBy(seconds);
      expect((await refresh(again.body.refreshToken)).status).toBe(200);
    },
  );
  test('when a replaced token is reused a minute after its successor was, then the session ends and the end is published', async () => {
    const { refreshToken, id } = await register();
    const second = (await refresh(refreshToken)).body.refreshToken as string;
    const third = (await refresh(second)).body.refreshToken as string;
    laterBy(59);
    expect((await refresh(refreshToken)).status).toBe(200);
    expect(await isOpen(refreshToken)).toBe(true);
    laterBy(2);
    expect(await refresh(refreshToken)).toMatchObject({ status: 401, body: { code: 'INVALID_REFRESH_TOKEN' } });
    expect(await isOpen(refreshToken)).toBe(false);
    expect((await refresh(third)).status).toBe(401);
    expect(ends(id)).toHaveLength(1);
  });
  test('when the session document is of version 0.2, then its token and the last replaced one work', async () => {
    const { refreshToken } = await register();
    const second = (await refresh(refreshToken)).body.refreshToken as string;
    const sessions = users.database.collection<{ _id: string; current: string; replaced: { hash: string }[] }>('sessions');
    const { current, replaced } = (await sessions.findOne({ _id: sidOf(refreshToken) }))!;
    await sessions.updateOne({ _id: sidOf(refreshToken) }, {
      $set: { current, previous: ['older', ...replaced.map(({ hash }) => hash)] },
      $unset: { replaced: 1, createdAt: 1, lastUsedAt: 1, device: 1 },
    } as never);
    const lost = await refresh(refreshToken);
    expect(lost.status).toBe(200);
    for (const token of [second, refreshToken, lost.body.refreshToken]) expect((await refresh(token)).status).toBe(200);
  });
  test('when a token is made up, then it is a 401 and the session stays open', async () => {
    const { refreshToken } = await register();
    for (const token of [`${sidOf(refreshToken)}.guess`, sidOf(refreshToken), 'x', `${'f'.repeat(24)}.guess`])
      expect((await refresh(token)).status).toBe(401);
    expect(await isOpen(refreshToken)).toBe(true);
  });
});

describe('signing out', () => {
  const logout = (body: object, token?: string) =>
    token === undefined ? users.call('POST', '/api/auth/logout', undefined, body) : users.callAs(token, 'POST', '/api/auth/logout', body);

  test('when it is answered, then the end is published already, once for any number of repeats', async () => {
    const { token, id, refreshToken } = await register();
    const release = holdPublishing();
    const answer = logout({}, token);
    const order: string[] = [];
    void answer.then(() => order.push('the answer'));
    await waitFor(() => held?.begun);
    for (const call of [1, 2, 3]) order.push(`call ${call}: ${(await users.call('GET', '/api/users/me', id)).status}`);
    release();
    expect((await answer).status).toBe(204);
    expect(order).toEqual(['call 1: 200', 'call 2: 200', 'call 3: 200', 'the answer']);
    expect(ends(id)).toMatchObject([{ data: { userId: id, sid: sidOf(refreshToken) } }]);
    expect((await logout({}, token)).status).toBe(204);
    expect(ends(id)).toHaveLength(1);
    expect((await refresh(refreshToken)).status).toBe(401);
  });
  test('when the bus does not answer, then the logout is answered, and the end is published later', async () => {
    const { token, id, refreshToken } = await register();
    const release = holdPublishing();
    expect((await logout({}, token)).status).toBe(204);
    expect(ends(id)).toEqual([]);
    expect(await isOpen(refreshToken)).toBe(false);
    const sessions = users.database.collection<{ _id: string; outbox: unknown[] }>('sessions');
    expect((await sessions.findOne({ _id: sidOf(refreshToken) }))!.outbox).toHaveLength(1);
    release();
  });
  test.each(['the refresh token', 'a replaced refresh token', 'an expired access token', 'an expired access token and the refresh token'])(
    'when a client has only %s, then the session ends',
    async (credentials) => {
      const { id, refreshToken } = await register();
      const newest = (await refresh(refreshToken)).body.refreshToken as string;
      const expired = signUserToken(JWT_SECRET, { userId: id, sid: sidOf(refreshToken) }, -600);
      const token = credentials.startsWith('an expired') ? expired : undefined;
      const body = credentials.includes('replaced') ? { refreshToken } : credentials.includes('refresh') ? { refreshToken: newest } : {};
      expect((await logout(body, token)).status).toBe(204);
      expect(await isOpen(refreshToken)).toBe(false);
      expect((await logout(body, token)).status).toBe(204);
      expect(ends(id)).toHaveLength(1);
    },
  );
  test('when a client has neither, or made them up, then no session ends', async () => {
    const { refreshToken, id } = await register();
    expect(await logout({})).toMatchObject({ status: 401, body: { code: 'NO_TOKEN' } });
    const forged = signUserToken('x'.repeat(40), { userId: id, sid: sidOf(refreshToken) }, 600);
    expect(await logout({}, forged)).toMatchObject({ status: 401, body: { code: 'INVALID_TOKEN' } });
    expect((await logout({ refreshToken: `${sidOf(refreshToken)}.guess` })).status).toBe(204);
    expect(await isOpen(refreshToken)).toBe(true);
  });
});

describe('the sessions of a user', () => {
  test('when they are listed, then each has its device, its times and a mark for the current one', async () => {
    const { token, email, refreshToken, id } = await register('Mozilla/5.0 (X11; Linux)'.padEnd(500, 'x'));
    laterBy(60);
    const phone = await login(email, 'Phone/2.0');
    laterBy(60);
    await refresh(refreshToken);
    const { status, body } = await users.callAs(token, 'GET', '/api/auth/sessions');
    expect(status).toBe(200);
    expect(body).toMatchObject([
      {
        _id: sidOf(refreshToken),
        device: expect.stringMatching(/^Mozilla.{113}$/),
        current: true,
        lastUsedAt: new Date(clock).toISOString(),
      },
      { _id: sidOf(phone.body.refreshToken), device: 'Phone/2.0', current: false },
    ]);
    expect(JSON.stringify(body)).not.toContain('hash');
    const other = await register();
    expect(await users.callAs(other.token, 'DELETE', `/api/auth/sessions/${sidOf(refreshToken)}`)).toMatchObject({
      status: 404,
      body: { code: 'SESSION_NOT_FOUND' },
    });
    for (let twice = 0; twice < 2; twice += 1)
      expect((await users.callAs(token, 'DELETE', `/api/auth/sessions/${sidOf(phone.body.refreshToken)}`)).status).toBe(204);
    expect([await isOpen(refreshToken), await isOpen(phone.body.refreshToken)]).toEqual([true, false]);
    expect(ends(id)).toHaveLength(1);
  });
  test('when all others are ended, then the current one stays', async () => {
    const { token, email, refreshToken, id } = await register();
    const others = [await login(email), await login(email), await login(email)].map(({ body }) => body.refreshToken as string);
    expect(await users.callAs(token, 'POST', '/api/auth/logout-all')).toMatchObject({ status: 200, body: { ended: 3 } });
    expect(ends(id)).toHaveLength(3);
    expect(await users.callAs(token, 'POST', '/api/auth/logout-all')).toMatchObject({ status: 200, body: { ended: 0 } });
    expect(await Promise.all(others.map(isOpen))).toEqual([false, false, false]);
    expect(await isOpen(refreshToken)).toBe(true);
  });
  test('when there are more than 100, then the least recently used one ends', async () => {
    const { email, refreshToken } = await register();
    const sessions = users.database.collection<{ _id: string }>('sessions');
    const { _id, ...session } = (await sessions.findOne({ _id: sidOf(refreshToken) }))!;
    await sessions.insertMany(
      Array.from({ length: 99 }, (_, n) => ({ ...session, _id: `${_id.slice(0, 20)}${n}`, rotatedAt: new Date(clock + n + 1) })),
    );
    laterBy(1);
    expect((await login(email)).status).toBe(200);
    expect(await isOpen(refreshToken)).toBe(false);
    expect(await sessions.countDocuments({ userId: (session as any).userId, endedAt: { $exists: false } })).toBe(100);
  });
});

describe('changing the password', () => {
  const change = (token: string, currentPassword: string, newPassword: string) =>
    users.callAs(token, 'POST', '/api/auth/password', { currentPassword, newPassword });

  test('when the current one is right, then the other sessions end, and only the new one signs in', async () => {
    const { token, email, refreshToken, id } = await register();
    const other = (await login(email)).body.refreshToken as string;
    expect(await change(token, 'wrong horse', 'another horse')).toMatchObject({ status: 403, body: { code: 'WRONG_PASSWORD' } });
    expect(await change(token, 'correct horse', 'short')).toMatchObject({ status: 400 });
    expect(await isOpen(other)).toBe(true);
    expect((await change(token, 'correct horse', 'another horse')).status).toBe(204);
    expect(ends(id)).toMatchObject([{ data: { sid: sidOf(other) } }]);
    expect([await isOpen(refreshToken), await isOpen(other)]).toEqual([true, false]);
    expect((await login(email)).status).toBe(401);
    expect((await login(email, 'Test/1.0', 'another horse')).status).toBe(200);
  });
  test('when an access token guesses, then it is bounded like a sign-in', async () => {
    const { token } = await register();
    const answers = await Promise.all(Array.from({ length: 15 }, (_, n) => change(token, `guess number ${n}`, 'another horse')));
    expect(answers.map(({ status }) => status).sort()).toEqual([...Array(10).fill(403), ...Array(5).fill(429)]);
  });
});
