import { createServiceFixture, type ServiceFixture } from '@linsta/support/service';
import { createUsersService, loadConfig } from '@linsta/users';

let clock = 0;
let users: ServiceFixture;
beforeAll(async () => {
  clock = Date.now();
  users = await createServiceFixture({
    name: 'users',
    create: createUsersService,
    loadConfig,
    env: { ARGON2_MEMORY_KIB: '64' },
    now: () => new Date(clock),
  });
});
afterAll(() => users.stop());

let serial = 0;
const newId = () => (serial += 1).toString(16).padStart(24, 'b');
const changed = (userId: string, name: string, time = new Date(clock)) =>
  users.publishEvent('USER_CHANGED', `${userId} ${name}`, { userId, name, email: `${userId}@idp.example` }, time);
const me = async (userId: string) => (await users.call('GET', '/api/users/me', userId)).body;
const found = async (text: string, userId: string) =>
  (await users.call('GET', `/api/users?search=${text}`, userId)).body.map(({ _id }: { _id: string }) => _id);
const check = async (body: object) => (await users.callInternal('/sessions/check', body)).body;
const profileOf = (userId: string, name: string) => ({ userId, issuer: 'https://idp.example', name, email: null, avatarUrl: null });

describe('profiles that the bus reports', () => {
  test('when a service publishes a user, then the user can be found and changed here', async () => {
    const id = newId();
    await changed(id, 'Xenia Fact');
    expect(await me(id)).toMatchObject({ _id: id, name: 'Xenia Fact', email: `${id}@idp.example`, avatarUrl: null });
    expect(await found('xenia', id)).toEqual([id]);
    expect((await users.call('PATCH', '/api/users/me', id, { name: 'Xenia Changed' })).body.name).toBe('Xenia Changed');
    expect(users.published.filter(({ type, source }) => type === 'USER_CHANGED' && source === 'linsta/users')).toHaveLength(1);
  });
  test('when changes arrive in the wrong order, then the newest one wins', async () => {
    const id = newId();
    await changed(id, 'New Name', new Date(clock));
    await changed(id, 'Old Name', new Date(clock - 5_000));
    expect((await me(id)).name).toBe('New Name');
    expect(await found('old+name', id)).toEqual([]);
  });
  test('when an account is reported with another address, then it keeps the one that it signs in with', async () => {
    const input = { name: 'Yan Own', email: `y${newId()}@example.com`, password: 'correct horse' };
    const { user } = (await users.call('POST', '/api/auth/register', undefined, input)).body;
    await changed(user._id, 'Yan Renamed', new Date(clock + 1_000));
    expect(await me(user._id)).toMatchObject({ name: 'Yan Renamed', email: input.email });
    const { email, password } = input;
    expect((await users.call('POST', '/api/auth/login', undefined, { email, password })).status).toBe(200);
  });
});

describe('profiles of token claims', () => {
  test('when a profile is opened twice and at once, then there is one, as it was first, published once', async () => {
    const id = newId();
    const open = (name: string) => users.callInternal('/identities', { profiles: [profileOf(id, name)] });
    const answers = await Promise.all([open('First'), open('First'), open('First')]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    await open('Second');
    expect(await me(id)).toMatchObject({ name: 'First', email: '' });
    expect(users.published.filter(({ data }) => (data as { userId?: string }).userId === id)).toHaveLength(1);
  });
  test('when such a user has no account, then no password opens one', async () => {
    const id = newId();
    await users.callInternal('/identities', { profiles: [profileOf(id, 'No Account')] });
    const body = { currentPassword: 'correct horse', newPassword: 'another horse' };
    expect((await users.call('POST', '/api/auth/password', id, body)).body.code).toBe('WRONG_PASSWORD');
  });
});

describe('ends of all sessions', () => {
  test('when a service publishes the end, then sessions end and tokens that were issued before it are refused', async () => {
    const input = { name: 'Zed Own', email: `z${newId()}@example.com`, password: 'correct horse' };
    const { user, refreshToken } = (await users.call('POST', '/api/auth/register', undefined, input)).body;
    const sid = refreshToken.split('.')[0];
    expect(await check({ sids: [sid], userIds: [user._id] })).toEqual({ active: [sid], endings: [] });
    await users.publishEvent('SESSION_ENDED', 'end of Zed', { userId: user._id }, new Date(clock + 60_000));
    // A publisher whose clock is ahead refuses no token of the meantime.
    expect(await check({ sids: [sid], userIds: [user._id] })).toEqual({ active: [], endings: [{ userId: user._id, before: clock }] });
    clock += 2_000;
    await users.publishEvent('SESSION_ENDED', 'an earlier end', { userId: user._id }, new Date(clock - 90_000));
    expect((await check({ userIds: [user._id] })).endings).toEqual([{ userId: user._id, before: clock - 2_000 }]);
  });
});

test('when LOCAL_ACCOUNTS is off, then accounts are refused by name, and profiles are served', async () => {
  const without = await createServiceFixture({ name: 'users', create: createUsersService, loadConfig, env: { LOCAL_ACCOUNTS: 'false' } });
  const id = newId();
  await without.callInternal('/identities', { profiles: [profileOf(id, 'Outside')] });
  const credentials = { email: 'a@example.com', password: 'correct horse' };
  const calls: [path: string, body: object][] = [
    ['/api/auth/register', { ...credentials, name: 'A' }],
    ['/api/auth/login', credentials],
    ['/api/auth/refresh', { refreshToken: 'a.b' }],
  ];
  for (const [path, body] of calls)
    expect((await without.call('POST', path, undefined, body)).body).toMatchObject({ status: 403, code: 'LOCAL_ACCOUNTS_OFF' });
  expect((await without.call('GET', '/api/users/me', id)).body.name).toBe('Outside');
  await without.stop();
});
