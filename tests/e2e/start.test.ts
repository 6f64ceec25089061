import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { freePorts } from '@linsta/core';
import { createTemporaryDirectory, waitFor } from '@linsta/testing';
import jwt from 'jsonwebtoken';

/**
 * Starting and stopping from a terminal: the output, the refusals and their wording, the exit
 * codes.
 */

const main = join(__dirname, '..', '..', 'embedded', 'launcher', 'dist', 'main.js');
const directory = createTemporaryDirectory();
const running = new Set<ReturnType<typeof run>>();
afterAll(async () => {
  for (const { child } of running) child.kill('SIGKILL');
  directory.remove();
});

let serial = 0;
const freshDirectory = () => join(directory.path, `data-${(serial += 1)}`);

/** The built launcher, as `npm start` runs it. */
function run(env: NodeJS.ProcessEnv) {
  const bare = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(MONGO_URL|AMQP_URL|REDIS_URL|NODE_ENV|LINSTA_.*)$/.test(name)),
  );
  const child = spawn(process.execPath, [main], {
    env: { ...bare, ARGON2_MEMORY_KIB: '64', DRAIN_MS: '50', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => (output.out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output.err += chunk.toString()));
  const ended = once(child, 'exit').then(([code, signal]) => ({ code: code as number | null, signal: signal as string | null, ...output }));
  const started = { child, output, ended };
  running.add(started);
  void ended.then(() => running.delete(started));
  return started;
}
async function startOn(dataDir: string, env: NodeJS.ProcessEnv = {}) {
  const [port = 0] = await freePorts(1);
  const product = run({ PORT: String(port), DATA_DIR: dataDir, ...env });
  await waitFor(
    () => {
      if (product.child.exitCode !== null) throw new Error(`it ended: ${product.output.err}`);
      return product.output.out.includes('Ctrl-C stops it');
    },
    'the screen',
    30_000,
  );
  return { ...product, port, url: `http://127.0.0.1:${port}` };
}

test('when it starts, then the screen says where it is, where data lives and who can sign in, and its curl works as it stands', async () => {
  const dataDir = freshDirectory();
  const product = await startOn(dataDir);
  const { out } = product.output;
  expect(out).toContain(`http://localhost:${product.port}`);
  expect(out).toContain(dataDir);
  const [curl = ''] = /curl .*/.exec(out) ?? [];
  const answer = spawn('sh', ['-c', curl]);
  let body = '';
  answer.stdout.on('data', (chunk: Buffer) => (body += chunk.toString()));
  await once(answer, 'close');
  expect(JSON.parse(body)).toMatchObject({ token: expect.any(String), user: { email: 'ann@example.com' } });
  expect(statSync(join(dataDir, 'secrets.json')).mode & 0o077).toBe(0);
  product.child.kill('SIGINT');
  expect(await product.ended).toMatchObject({ code: 0 });
  expect(product.output.err).toBe('');
  // The second start has the same secrets and users, and prints the same.
  const secrets = readFileSync(join(dataDir, 'secrets.json'), 'utf8');
  const again = await startOn(dataDir);
  expect(readFileSync(join(dataDir, 'secrets.json'), 'utf8')).toBe(secrets);
  again.child.kill('SIGTERM');
  expect(await again.ended).toMatchObject({ code: 0 });
}, 60_000);

test('when a second one is started on the same data, then it says so and ends, and the first is not disturbed', async () => {
  const dataDir = freshDirectory();
  const first = await startOn(dataDir);
  const second = run({ PORT: '0', DATA_DIR: dataDir });
  const { code, err, out } = await second.ended;
  expect(code).toBe(1);
  expect(err.trim().split('\n')).toHaveLength(1);
  expect(err).toMatch(/DATA_DIR/);
  expect(out).toBe('');
  expect((await fetch(`${first.url}/readyz`)).status).toBe(200);
  // Killed without a goodbye, it leaves nothing that keeps the next one out.
  first.child.kill('SIGKILL');
  await first.ended;
  const next = await startOn(dataDir);
  next.child.kill('SIGTERM');
  expect((await next.ended).code).toBe(0);
}, 60_000);

test('when the port is taken, then it is one sentence that names it, and the data can be used at once', async () => {
  const dataDir = freshDirectory();
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as { port: number };
  const refused = await run({ PORT: String(port), DATA_DIR: dataDir }).ended;
  other.close();
  expect(refused.code).toBe(1);
  expect(refused.err).toBe(`Port ${port} is taken by another program; choose another, e.g. PORT=5001 npm start.\n`);
  const next = await startOn(dataDir);
  next.child.kill('SIGTERM');
  expect((await next.ended).code).toBe(0);
}, 60_000);

test.each([
  ['is a file', (path: string) => writeFileSync(path, '')],
  ['lies below a file', (path: string) => (writeFileSync(join(path, '..', 'file'), ''), join(path, '..', 'file', 'data'))],
  ['may not be written', (path: string) => (mkdirSync(path), chmodSync(path, 0o500), process.getuid?.() === 0 ? '/proc/linsta' : path)],
] as [string, (path: string) => string | void][])(
  'when the data directory %s, then it is one sentence and code 1',
  async (_kind, prepare) => {
    const path = freshDirectory();
    const dataDir = prepare(path) ?? path;
    const { code, err } = await run({ PORT: '0', DATA_DIR: dataDir }).ended;
    expect(code).toBe(1);
    expect(err.trim().split('\n')).toHaveLength(1);
    expect(err).toMatch(/cannot be written; choose another with DATA_DIR/);
  },
);

test('when there are no accounts, then it starts below its path, and takes tokens of the other issuer alone', async () => {
  const secret = 'a secret of another issuer that is long enough';
  const product = await startOn(freshDirectory(), {
    BASE_PATH: '/linsta',
    LOCAL_ACCOUNTS: 'false',
    JWT_ISSUERS: JSON.stringify([{ issuer: 'other', audience: 'linsta', secret, algorithms: ['HS256'] }]),
  });
  expect(product.output.out).not.toContain('linsta-demo');
  const base = `http://localhost:${product.port}/linsta`;
  const token = jwt.sign({ iss: 'other', aud: 'linsta', sub: 'a', name: 'Ann Other' }, secret, { expiresIn: 60 });
  const me = await fetch(`${base}/api/users/me`, { headers: { authorization: `Bearer ${token}` } });
  expect(await me.json()).toMatchObject({ name: 'Ann Other' });
  product.child.kill('SIGTERM');
  expect(await product.ended).toMatchObject({ code: 0 });
  expect(product.output.err).toBe('');
}, 60_000);

test.each([
  [
    'http beyond this machine',
    { jwksUri: 'http://idp.example/jwks', algorithms: ['RS256'] },
    /JWT_ISSUERS \[0\]\[jwksUri\] must be an https URL/,
  ],
  ['a secret for RS256', { secret: 's'.repeat(40), algorithms: ['RS256'] }, /JWT_ISSUERS \[0\] takes HS256 with a secret alone/],
  ['two kinds of keys', { secret: 's'.repeat(40), publicKeyFile: '/x', algorithms: ['HS256'] }, /JWT_ISSUERS \[0\] needs exactly one of/],
  [
    'a file that is not there',
    { publicKeyFile: '/nowhere/key.pem', algorithms: ['ES256'] },
    /publicKeyFile of idp is no public key in PEM/,
  ],
])(
  'when JWT_ISSUERS has %s, then the fault is named, with code 78',
  async (_, more, fault) => {
    const JWT_ISSUERS = JSON.stringify([{ issuer: 'idp', audience: 'linsta', ...more }]);
    const { code, err } = await run({ PORT: '0', DATA_DIR: freshDirectory(), JWT_ISSUERS }).ended;
    expect([code, err]).toEqual([78, expect.stringMatching(fault)]);
    expect(err).not.toContain('ssss');
  },
  30_000,
);

test('when the configuration cannot work, then every fault is reported together, by name and without its value, with code 78', async () => {
  const { code, err } = await run({
    PORT: 'five thousand',
    DATA_DIR: freshDirectory(),
    JWT_SECRET: 'too-short-to-be-secret',
    PRESENCE_GRACE_MS: '-1',
    ACCESS_TOKEN_SECONDS: 'soon',
  }).ended;
  expect(code).toBe(78);
  for (const name of ['PORT', 'JWT_SECRET', 'PRESENCE_GRACE_MS', 'ACCESS_TOKEN_SECONDS']) expect(err).toContain(name);
  expect(err).not.toContain('too-short-to-be-secret');
});

test('when it runs in production, then there are no demo users, and no page but those named may call', async () => {
  const product = await startOn(freshDirectory(), { NODE_ENV: 'production' });
  expect(product.output.out).not.toMatch(/demo/i);
  const login = await fetch(`${product.url}/api/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: 'http://localhost:3000' },
    body: JSON.stringify({ email: 'ann@example.com', password: 'linsta-demo' }),
  });
  expect(login.status).not.toBe(200);
  expect(login.headers.get('access-control-allow-origin')).toBeNull();
  product.child.kill('SIGTERM');
  expect((await product.ended).code).toBe(0);
}, 60_000);
