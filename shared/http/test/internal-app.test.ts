import { request } from 'node:http';
import { AppError, silentLogger } from '@linsta/core';
import { createInternalApp, createServiceTokens, endpoint, listen, type Listening } from '@linsta/http';
import { z } from 'zod';
import { INTERNAL_CALLERS } from '@linsta/contracts/internal';
import jwt from 'jsonwebtoken';

const SECRET = 'the services of this test know each other by this';
const callers = Object.fromEntries(['/double', '/nothing', '/refuse', '/bug'].map((path) => [path, ['realtime'] as const]));
const tokens = createServiceTokens(SECRET, 'realtime', { ...INTERNAL_CALLERS, chat: callers });
const authorization = `Bearer ${tokens.mint('chat')}`;
let listening: Listening;

beforeAll(async () => {
  const endpoints = {
    '/double': endpoint(z.object({ number: z.number() }), async ({ number }) => ({ doubled: number * 2 })),
    '/nothing': endpoint(z.object({}), async () => undefined),
    '/refuse': endpoint(z.object({}), async () => {
      throw new AppError('EMAIL_TAKEN', 'It is taken');
    }),
    '/bug': endpoint(z.object({}), async () => {
      throw new Error('the secret of a bug');
    }),
  };
  const app = createInternalApp({
    logger: silentLogger(),
    tokens,
    service: 'chat',
    endpoints,
    health: async () => ({ service: 'ok' }),
    metrics: async () => ({ contentType: 'text/plain', text: 'figures' }),
  });
  listening = await listen(app, { host: '127.0.0.1', port: 0 });
});
afterAll(() => listening.close());

const ask = async (path: string, body: string, headers: Record<string, string> = { authorization }) => {
  const response = await fetch(`http://127.0.0.1:${listening.port}${path}`, { method: 'POST', body, headers });
  return { status: response.status, type: response.headers.get('content-type'), body: (await response.json()) as Record<string, unknown> };
};

test('when a service asks what is there, then it gets the answer', async () => {
  expect(await ask('/internal/double', '{"number":4}')).toEqual({
    status: 200,
    type: 'application/json; charset=utf-8',
    body: { doubled: 8 },
  });
  expect((await ask('/internal/nothing', '{}')).body).toEqual({});
});

test.each([
  ['without a token', '/internal/double', '{"number":4}', {}, 401, 'NO_TOKEN'],
  ['with a token of somebody else', '/internal/double', '{"number":4}', { authorization: 'Bearer a.b.c' }, 401, 'INVALID_SERVICE_TOKEN'],
  ['without a token, where nothing is', '/internal/none', '{}', { 'content-type': 'application/json' }, 401, 'NO_TOKEN'],
  ['for another service', '/internal/double', '{}', { authorization: `Bearer ${tokens.mint('users')}` }, 401, 'INVALID_SERVICE_TOKEN'],
  [
    'by a service that has no business there',
    '/internal/double',
    '{}',
    { authorization: `Bearer ${createServiceTokens(SECRET, 'posts').mint('chat')}` },
    401,
    'INVALID_SERVICE_TOKEN',
  ],
  [
    'with a token that lives too long',
    '/internal/double',
    '{}',
    { authorization: `Bearer ${jwt.sign({}, SECRET, { audience: 'linsta-internal/chat', issuer: 'realtime', expiresIn: '1d' })}` },
    401,
    'INVALID_SERVICE_TOKEN',
  ],
  [
    'with a token that never ends',
    '/internal/double',
    '{}',
    { authorization: `Bearer ${jwt.sign({}, SECRET, { audience: 'linsta-internal/chat', issuer: 'realtime' })}` },
    401,
    'INVALID_SERVICE_TOKEN',
  ],
  ['where no endpoint is', '/internal/none', '{}', { authorization, 'content-type': 'application/json' }, 401, 'INVALID_SERVICE_TOKEN'],
  ['with half of a body', '/internal/double', '{"number":', { authorization }, 400, 'MALFORMED_JSON'],
  ['with no body', '/internal/double', '', { authorization }, 400, 'MALFORMED_JSON'],
  ['with a body of another shape', '/internal/double', '{"number":"4"}', { authorization }, 400, 'BAD_REQUEST'],
  ['for what the endpoint refuses', '/internal/refuse', '{}', { authorization }, 409, 'EMAIL_TAKEN'],
])('when it is asked %s, then a problem says so', async (_case, path, body, headers, status, code) => {
  const answer = await ask(path, body, headers);
  expect(answer).toMatchObject({ status, type: 'application/problem+json; charset=utf-8', body: { status, code } });
});

test('when a endpoint has a bug, then its words do not leave the process', async () => {
  const { status, body } = await ask('/internal/bug', '{}');
  expect({ status, code: body.code }).toEqual({ status: 500, code: 'INTERNAL' });
  expect(JSON.stringify(body)).not.toContain('secret');
});

test('when a body is bigger than any batch, then it is refused before it is whole, and the connection ends', async () => {
  const answered = await new Promise<{ status: number | undefined; connection: string | undefined }>((resolve, reject) => {
    const outgoing = request(
      { port: listening.port, host: '127.0.0.1', path: '/internal/double', method: 'POST', headers: { authorization } },
      (response) => {
        outgoing.off('error', reject).on('error', () => undefined);
        resolve({ status: response.statusCode, connection: response.headers.connection });
        outgoing.destroy();
      },
    );
    outgoing.on('error', reject);
    // This request body never ends: a server that reads it to the end waits for ever.
    for (let sent = 0; sent < 33; sent += 1) outgoing.write(Buffer.alloc(1024 * 1024, 32));
  });
  expect(answered).toEqual({ status: 413, connection: 'close' });
});

test('when a caller goes in the middle, then the next one is answered', async () => {
  const outgoing = request({
    port: listening.port,
    host: '127.0.0.1',
    path: '/internal/double',
    method: 'POST',
    headers: { authorization, 'content-length': '100' },
  });
  outgoing.on('error', () => undefined);
  outgoing.write('{"number"');
  await new Promise((resolve) => setTimeout(resolve, 50));
  outgoing.destroy();
  expect((await ask('/internal/double', '{"number":1}')).body).toEqual({ doubled: 2 });
});

test('when an operator looks, then health and figures need no token', async () => {
  for (const path of ['/livez', '/readyz', '/metrics']) expect((await fetch(`http://127.0.0.1:${listening.port}${path}`)).status).toBe(200);
});
