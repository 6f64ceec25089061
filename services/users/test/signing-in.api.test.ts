import { hash } from '@node-rs/argon2';
import { createServiceFixture, type ServiceFixture } from '@linsta/support/service';
import { createUsersService, loadConfig } from '@linsta/users';

let clock = 0;
const env = { ARGON2_MEMORY_KIB: '64' };
const create = (more: NodeJS.ProcessEnv = {}) =>
  createServiceFixture({ name: 'users', create: createUsersService, loadConfig, env: { ...env, ...more }, now: () => new Date(clock) });
let users: ServiceFixture;
beforeAll(async () => {
  clock = Date.now();
  users = await create();
});
afterAll(() => users.stop());

let serial = 0;
const register = async (password = 'correct horse', service = users) => {
  const email = `p${(serial += 1)}@example.com`;
  const answer = await service.call('POST', '/api/auth/register', undefined, { name: 'Ann', email, password });
  return { ...answer, email };
};
const loginFrom = (address: string, email: string, password = 'correct horse', service = users) =>
  service.call('POST', '/api/auth/login', undefined, { email, password }, { 'x-forwarded-for': address });
const statuses = (answers: { status: number }[]) => answers.map(({ status }) => status).sort();

describe('guessing', () => {
  test('when the password is wrong or the address is unknown, then the answer is the same; after ten it is 429', async () => {
    const { email } = await register();
    const wrong = await loginFrom('192.0.2.1', email, 'wrong horse');
    const unknown = await loginFrom('192.0.2.1', 'unknown@example.com', 'wrong horse');
    expect(wrong).toMatchObject({ status: 401, body: { code: 'BAD_CREDENTIALS' } });
    expect({ ...unknown.body, requestId: '' }).toEqual({ ...wrong.body, requestId: '' });
    for (let n = 0; n < 9; n += 1) await loginFrom('192.0.2.1', email, 'wrong horse');
    const refused = await loginFrom('192.0.2.1', email);
    expect(refused).toMatchObject({ status: 429, body: { code: 'TOO_MANY_ATTEMPTS' } });
    clock += (Number(refused.headers.get('retry-after')) + 1) * 1000;
    expect(await loginFrom('192.0.2.1', email)).toMatchObject({ status: 200 });
  });
  test('when 81 guesses come at once, then at most 10 are evaluated', async () => {
    const { email } = await register();
    const guesses = await Promise.all(Array.from({ length: 81 }, (_, n) => loginFrom('192.0.2.2', email, `guess number ${n}`)));
    expect(statuses(guesses)).toEqual([...Array(10).fill(401), ...Array(71).fill(429)]);
  });
  test('when a stranger guesses, then the owner signs in from elsewhere', async () => {
    const { email } = await register();
    for (let n = 0; n < 30; n += 1) await loginFrom('192.0.2.3', email, 'wrong horse');
    expect((await loginFrom('192.0.2.3', email)).status).toBe(429);
    expect((await loginFrom('198.51.100.3', email)).status).toBe(200);
  });
  test('when strangers guess from many networks, then new networks are refused, and a known one signs in', async () => {
    const { email } = await register();
    expect((await loginFrom('198.51.100.4', email)).status).toBe(200);
    const guesses = await Promise.all(Array.from({ length: 120 }, (_, n) => loginFrom(`203.0.113.${n}`, email, 'wrong horse')));
    expect(statuses(guesses)).toEqual([...Array(100).fill(401), ...Array(20).fill(429)]);
    expect((await loginFrom('198.51.100.99', email)).status).toBe(429);
    expect((await loginFrom('198.51.100.4', email)).status).toBe(200);
  });
  test('when the addresses are of one IPv6 network, then they are one guesser; of another network, another one', async () => {
    const { email } = await register();
    const guesses = await Promise.all(Array.from({ length: 12 }, (_, n) => loginFrom(`2001:db8:1:2::${n + 1}`, email, 'wrong horse')));
    expect(statuses(guesses)).toEqual([...Array(10).fill(401), 429, 429]);
    expect((await loginFrom('2001:db8:1:3::1', email)).status).toBe(200);
    for (let n = 0; n < 10; n += 1) await loginFrom('::ffff:192.0.2.5', email, 'wrong horse');
    expect((await loginFrom('192.0.2.5', email)).status).toBe(429);
  });
});

describe('passwords', () => {
  test('when one is typed in another Unicode form, then it is the same password', async () => {
    const { email } = await register('crème brûlée'.normalize('NFC'));
    expect((await loginFrom('192.0.2.9', email, 'crème brûlée'.normalize('NFD'))).status).toBe(200);
  });
  test('when a hash is from before the normalisation, then its password still signs in', async () => {
    const { email } = await register();
    const password = 'crème brûlée'.normalize('NFD');
    await users.database
      .collection('users')
      .updateOne({ email }, { $set: { passwordHash: await hash(password, { memoryCost: 64, timeCost: 2, parallelism: 1 }) } });
    expect((await loginFrom('192.0.2.9', email, password)).status).toBe(200);
  });
  test('when they have 8 or 128 characters after normalisation, then they are accepted', async () => {
    for (const password of ['\u{1f600}'.repeat(8), 'x'.repeat(128), '\u{1f600}'.repeat(128)])
      expect((await register(password)).status).toBe(201);
    for (const password of ['\u{1f600}'.repeat(7), '\u{1f600}'.repeat(129)]) expect((await register(password)).status).toBe(400);
  });
  test('when one is common, then it is accepted in development', async () => {
    expect((await register('password')).status).toBe(201);
  });
});

describe('in production', () => {
  let production: ServiceFixture;
  beforeAll(async () => {
    production = await create({ NODE_ENV: 'production' });
  });
  afterAll(() => production.stop());

  test.each(['password', '12345678', 'PassWord', 'linsta-demo'])(
    'when a new password is %s, then it is refused by name',
    async (password) => {
      expect(await register(password, production)).toMatchObject({
        status: 400,
        body: { code: 'BAD_REQUEST', errors: [{ path: 'password' }] },
      });
    },
  );
  test('when a new password is no common one, then it is accepted', async () => {
    expect((await register('correct horse', production)).status).toBe(201);
  });
  test('when demo accounts exist from a start in development, then they neither sign in nor go on', async () => {
    const demo = await register('correct horse', production);
    const passwordHash = await hash('linsta-demo', { memoryCost: 64, timeCost: 2, parallelism: 1 });
    await production.database.collection('users').updateOne({ email: demo.email }, { $set: { email: 'ann@example.com', passwordHash } });
    expect((await loginFrom('192.0.2.1', 'ann@example.com', 'linsta-demo', production)).status).toBe(401);
    await production.restart();
    const { refreshToken } = demo.body;
    expect((await production.call('POST', '/api/auth/refresh', undefined, { refreshToken })).status).toBe(401);
  });
});
