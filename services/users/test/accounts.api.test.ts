import { createServiceFixture, type ServiceFixture } from '@linsta/support/service';
import { waitFor } from '@linsta/testing';
import { createUsersService, loadConfig } from '@linsta/users';

let clock = new Date('2026-01-05T12:00:00Z').getTime();
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
  });
});
afterAll(() => users.stop());

let serial = 0;
const register = async (name = 'Ann Lee', email = `p${(serial += 1)}@example.com`) => {
  const answer = await users.call('POST', '/api/auth/register', undefined, { name, email, password: 'correct horse' });
  return { ...answer, email, id: answer.body.user?._id as string };
};
const published = (type: string, id: string) => users.published.filter((event) => event.type === type && (event.data as any).userId === id);

describe('an account', () => {
  test('when it is opened, then the answer has tokens, and the name is published once', async () => {
    const { status, body, id, email } = await register();
    expect(status).toBe(201);
    expect(body).toMatchObject({ token: expect.any(String), refreshToken: expect.any(String), user: { name: 'Ann Lee', email } });
    await waitFor(() => published('USER_CHANGED', id).length > 0);
    expect(published('USER_CHANGED', id)).toMatchObject([{ data: { userId: id, name: 'Ann Lee', email } }]);
    expect(JSON.stringify(await users.database.collection('users').find().toArray())).not.toContain('correct horse');
  });
  test('when an address is used concurrently in any case, then one account is opened', async () => {
    const email = `Twice.${Date.now()}@Example.com`;
    const answers = await Promise.all([email, email.toLowerCase(), email.toUpperCase(), ` ${email}`].map((each) => register('X', each)));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409]);
    expect(answers.find(({ status }) => status === 409)?.body).toMatchObject({ code: 'EMAIL_TAKEN' });
  });
  test.each([
    ['without a name', { email: 'a@b.co', password: 'correct horse' }],
    ['with a short password', { name: 'A', email: 'a@b.co', password: 'short' }],
    ['with no address', { name: 'A', email: 'malformed', password: 'correct horse' }],
    ['with a name of zero-width characters', { name: '\u200b\u2060', email: 'a@b.co', password: 'correct horse' }],
    ['with a name of Hangul fillers', { name: '\u3164\u3164', email: 'a@b.co', password: 'correct horse' }],
    ['with a name of Braille blanks', { name: '\u2800', email: 'a@b.co', password: 'correct horse' }],
    ['with a C1 control in the name', { name: 'A\u0085b', email: 'a@b.co', password: 'correct horse' }],
    ['with a lone surrogate in the password', { name: 'A', email: 'a@b.co', password: 'correct \ud800 horse' }],
    ['with a password of 129 characters', { name: 'A', email: 'a@b.co', password: 'x'.repeat(129) }],
    ['with an operator', { name: 'A', email: { $gt: '' }, password: 'correct horse' }],
    ['with an unknown field', { name: 'A', email: 'a@b.co', password: 'correct horse', isAdmin: true }],
  ])('when the body is %s, then it is a 400 that names the field', async (_kind, body) => {
    const answer = await users.call('POST', '/api/auth/register', undefined, body);
    expect(answer).toMatchObject({ status: 400, body: { code: 'BAD_REQUEST', errors: [{ path: expect.any(String) }] } });
  });
  test('when a name folds to many more characters, then it is stored and found', async () => {
    const name = '\ufdfa'.repeat(80);
    const { status, id } = await register(name);
    expect(status).toBe(201);
    expect((await users.call('GET', `/api/users?search=${encodeURIComponent('\ufdfa'.repeat(2))}`, id)).body).toMatchObject([{ _id: id }]);
    expect(await users.call('PATCH', '/api/users/me', id, { name: `${'\ufdfa'.repeat(79)}b` })).toMatchObject({ status: 200 });
  });
  test('when a name continues with a character beyond the basic plane, then its beginning finds it', async () => {
    const { id } = await register('Zed\u{1f600}\u{10ffff}');
    for (const search of ['zed', 'zed\u{1f600}'])
      expect((await users.call('GET', `/api/users?search=${encodeURIComponent(search)}`, id)).body).toMatchObject([{ _id: id }]);
  });
  test('when its name changes, then the change is published; a change to the same name is not', async () => {
    const { id } = await register('Old Name');
    expect(await users.call('PATCH', '/api/users/me', id, { name: 'New Name' })).toMatchObject({ status: 200, body: { name: 'New Name' } });
    await users.call('PATCH', '/api/users/me', id, { name: 'New Name' });
    await waitFor(() => published('USER_CHANGED', id).length >= 2);
    expect(published('USER_CHANGED', id).map(({ data }) => (data as any).name)).toEqual(['Old Name', 'New Name']);
  });
  test('when another user reads a profile, then the address is hidden; its owner sees it', async () => {
    const [one, other] = [await register('Zoë Ångström'), await register()];
    expect((await users.call('GET', `/api/users/${one.id}`, other.id)).body).toEqual({
      _id: one.id,
      name: 'Zoë Ångström',
      avatarUrl: null,
    });
    expect((await users.call('GET', '/api/users/me', one.id)).body).toMatchObject({ email: one.email });
    for (const search of ['zoe', 'ZOË', 'angs', 'Zo%C3%AB']) {
      const { body } = await users.call('GET', `/api/users?search=${search}`, other.id);
      expect(body).toContainEqual({ _id: one.id, name: 'Zoë Ångström', avatarUrl: null });
    }
    expect((await users.call('GET', '/api/users?search=ngstr', other.id)).body).toEqual([]);
    expect((await users.call('GET', '/api/users?search=.*', other.id)).body).toEqual([]);
    // An empty search would list every account, also one that is empty only once it is folded.
    for (const search of ['', '?search=', '?search=%20', '?search=%E2%80%8B', '?search=%CC%81'])
      expect(await users.call('GET', `/api/users${search}`, other.id)).toMatchObject({ status: 400, body: { code: 'BAD_REQUEST' } });
    expect(await users.call('GET', `/api/users/${'f'.repeat(24)}`, other.id)).toMatchObject({ status: 404 });
  });
});

describe('internal endpoints', () => {
  test('when users are requested, then the known ones are answered; without a service token the call is refused', async () => {
    const { id, email } = await register('Known');
    const asked = { userIds: [id, 'f'.repeat(24)] };
    expect((await users.callInternal('/people', asked)).body).toEqual({ users: [{ _id: id, name: 'Known', email, avatarUrl: null }] });
    expect(await users.callInternal('/people', asked, 'nonsense')).toMatchObject({ status: 401 });
    expect(await users.callInternal('/people', { userIds: ['x'] })).toMatchObject({ status: 400 });
  });
  test('when the process ended between a change and its publication, then the next start publishes it', async () => {
    const { id } = await register();
    await waitFor(() => published('USER_CHANGED', id).length > 0);
    const [event] = published('USER_CHANGED', id);
    const { ObjectId } = users.database.base.mongo;
    await users.database.collection('users').updateOne({ _id: new ObjectId(id) }, {
      $push: { outbox: { ...event, id: 'left behind' } },
      $set: { outboxAt: new Date(0) },
    } as never);
    await users.restart();
    await waitFor(() => users.published.some((other) => other.id === 'left behind'));
    await waitFor(async () => (await users.database.collection('users').countDocuments({ outboxAt: { $exists: true } })) === 0);
  });
  if ((process.env.MONGO_URL ?? '') === '')
    test('when the database is down, then every call is a 503 with Retry-After, and readiness names it', async () => {
      const { id } = await register();
      await users.loseDatabase();
      for (const [method, path, body] of [
        ['GET', '/api/users/me', undefined],
        ['POST', '/api/auth/login', { email: 'a@b.co', password: 'correct horse' }],
        ['POST', '/api/auth/register', { name: 'A', email: 'a@b.co', password: 'correct horse' }],
      ] as const)
        expect(await users.call(method, path, method === 'GET' ? id : undefined, body)).toMatchObject({
          status: 503,
          body: { code: 'UNAVAILABLE' },
        });
      expect(await users.call('GET', '/readyz')).toMatchObject({ status: 503, body: { checks: { database: 'down' } } });
      expect(await users.call('GET', '/livez')).toMatchObject({ status: 200 });
      await users.restart();
      expect((await users.call('GET', '/api/users/me', id)).status).toBe(200);
    });
});
