import { once } from 'node:events';
import { createServer, request as httpRequest, type IncomingMessage, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { createLogger } from '@linsta/core';
import jwt from 'jsonwebtoken';
import { createGatewayService, loadConfig } from '../src';

/**
 * The gateway as a whole before one upstream that plays all services and writes down what reaches
 * it.
 */

const JWT_SECRET = 'a secret for the gateway tests that is long enough';
const ORIGIN = 'https://app.example.com';
const USER = 'a'.repeat(24);
const token = jwt.sign({ userId: USER }, JWT_SECRET, { expiresIn: '10m' });

interface Seen {
  method: string;
  url: string;
  headers: IncomingMessage['headers'];
  body: string;
}
let seen: Seen[] = [];
let upstream: Server;
let sessionsAsked: string[][] = [];
const held = new Set<Socket>();
let answer: 'echo' | 'hang' | 'cut' | 'half' = 'echo';
const running: { stop(): Promise<void> }[] = [];

beforeAll(async () => {
  upstream = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      if (request.url === '/internal/sessions/check') {
        const { sids } = JSON.parse(body) as { sids: string[] };
        sessionsAsked.push(sids);
        return void response
          .setHeader('content-type', 'application/json')
          .end(JSON.stringify({ active: sids.filter((sid) => sid !== 'ended') }));
      }
      seen.push({ method: request.method!, url: request.url!, headers: request.headers, body });
      if (answer === 'hang') return;
      if (answer === 'cut') return void request.socket.destroy();
      if (answer === 'half') {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' }).write('{"half":');
        return void setImmediate(() => request.socket.destroy());
      }
      response.writeHead(200, { 'content-type': 'application/json', 'x-powered-by': 'secret', server: 'secret' }).end('{"ok":true}');
    });
  });
  upstream.on('upgrade', (request: IncomingMessage, socket: Socket) => {
    seen.push({ method: 'UPGRADE', url: request.url!, headers: request.headers, body: '' });
    held.add(socket);
    socket.on('error', () => undefined);
    socket.write('HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\n\r\n');
    socket.on('data', (chunk) => socket.write(chunk));
  });
  upstream.listen(0, '127.0.0.1');
  await once(upstream, 'listening');
});
afterAll(async () => {
  for (const gateway of running) await gateway.stop();
  held.forEach((socket) => socket.destroy());
  upstream.closeAllConnections();
  upstream.close();
});
beforeEach(() => {
  seen = [];
  sessionsAsked = [];
  answer = 'echo';
});

async function startGateway(env: NodeJS.ProcessEnv = {}) {
  const url = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
  const urls = Object.fromEntries(
    ['USERS', 'POSTS', 'EVENTS', 'CHAT', 'NOTIFICATION', 'REALTIME', 'USERS_INTERNAL'].map((name) => [`${name}_URL`, url]),
  );
  const config = loadConfig({
    ...urls,
    JWT_SECRET,
    SERVICE_SECRET: JWT_SECRET,
    PORT: '0',
    DRAIN_MS: '1',
    CORS_ORIGIN: ORIGIN,
    UPSTREAM_TIMEOUT_MS: '300',
    ...env,
  });
  const gateway = createGatewayService(config, { logger: createLogger('gateway', 'silent') });
  await gateway.start();
  running.push(gateway);
  return { port: gateway.address().port, url: `http://127.0.0.1:${gateway.address().port}` };
}

/**
 * Sends exactly this on a bare connection; answers all that comes back until the other side closes.
 */
const raw = (port: number, text: string, more?: (socket: Socket) => void) =>
  new Promise<string>((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.write(text);
      more?.(socket);
    });
    let received = '';
    socket.on('data', (chunk) => (received += chunk.toString('latin1')));
    socket.on('close', () => resolve(received));
    socket.on('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ECONNRESET' || error.code === 'EPIPE' ? resolve(received) : reject(error),
    );
  });
const problemOf = (text: string) =>
  JSON.parse(text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1)) as { status: number; code: string };
const get = (path: string, headers = '') =>
  `GET ${path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\n${headers}connection: close\r\n\r\n`;

describe('what gets through', () => {
  test('when a call of the contract comes, then it reaches its service as it was, without what a client may not say', async () => {
    const { url, port } = await startGateway();
    const response = await fetch(`${url}/api/chat/messages/${USER}?limit=5&skip=0`, {
      headers: {
        authorization: `Bearer ${token}`,
        'x-request-id': 'client-made-1',
        'x-forwarded-for': '6.6.6.6',
        'x-service-token': 'forged',
        'x-user-id': 'b'.repeat(24),
        cookie: 'a=b',
      },
    });
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ ok: true });
    expect(seen).toHaveLength(1);
    const [{ url: path, headers }] = seen as [Seen];
    expect(path).toBe(`/api/chat/messages/${USER}?limit=5&skip=0`);
    expect(headers.authorization).toBe(`Bearer ${token}`);
    expect(headers['x-request-id']).toBe(response.headers.get('x-request-id'));
    expect(headers['x-forwarded-for']).toBe('127.0.0.1');
    for (const name of ['x-service-token', 'x-user-id', 'cookie']) expect(headers[name]).toBeUndefined();
    for (const name of ['x-powered-by', 'server']) expect(response.headers.get(name)).toBeNull();
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(response.headers.get('content-security-policy')).toContain("default-src 'self'");
    await fetch(`http://127.0.0.1:${port}/api/posts`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: '{"text":"é"}',
    });
    expect(seen[1]).toMatchObject({ method: 'POST', url: '/api/posts', body: '{"text":"é"}' });
  });
  test.each([
    ['/internal/messages', 404],
    ['/api/internal/messages', 404],
    ['/api/users/me/../me', 400],
    ['/api/users/%2e%2e/me', 400],
    ['/api/users/..%2fme', 400],
    ['/api//users/me', 400],
    ['/api\\users\\me', 400],
    ['/API/users/me', 404],
    ['/api/users/me/', 404],
    ['/api/users/me%00', 400],
    ['/api/users/me?x=%zz', 400],
    ['http://elsewhere/api/users/me', 400],
    ['/api/nothing', 404],
    ['/socket.io', 404],
  ])('when the path is %s, then it is refused with %s and reaches no service', async (path, status) => {
    const { port } = await startGateway();
    expect(problemOf(await raw(port, get(path))).status).toBe(status);
    expect(seen).toEqual([]);
  });
  test('when the method is another than the contract names, then it is 405 with Allow', async () => {
    const { url } = await startGateway();
    const response = await fetch(`${url}/api/users/me`, { method: 'DELETE', headers: { authorization: `Bearer ${token}` } });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('GET, PATCH');
  });
});

describe('tokens', () => {
  test.each([
    ['none', undefined, 'NO_TOKEN'],
    ['nonsense', 'Bearer nonsense', 'INVALID_TOKEN'],
    ['of another secret', `Bearer ${jwt.sign({ userId: USER }, 'x'.repeat(40))}`, 'INVALID_TOKEN'],
    ['of another scheme', `Basic ${token}`, 'INVALID_TOKEN'],
  ])('when the token is %s, then it is 401 and reaches no service', async (_kind, authorization, code) => {
    const { url } = await startGateway();
    const response = await fetch(`${url}/api/users/me`, { headers: authorization === undefined ? {} : { authorization } });
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe('Bearer');
    expect(await response.json()).toMatchObject({ code });
    expect(seen).toEqual([]);
  });
  test('when the session of a token has ended, then it is 401; when users cannot be asked, then the token counts', async () => {
    const { url } = await startGateway();
    const call = (sid: string) =>
      fetch(`${url}/api/users/me`, {
        headers: { authorization: `Bearer ${jwt.sign({ userId: USER, sid }, JWT_SECRET, { expiresIn: 60 })}` },
      });
    expect((await call('ended')).status).toBe(401);
    expect((await call('open')).status).toBe(200);
    expect(sessionsAsked.flat()).toEqual(['ended', 'open']);
    const cutOff = await startGateway({ USERS_INTERNAL_URL: 'http://127.0.0.1:1' });
    expect(
      (
        await fetch(`${cutOff.url}/api/users/me`, {
          headers: { authorization: `Bearer ${jwt.sign({ userId: USER, sid: 'ended' }, JWT_SECRET, { expiresIn: 60 })}` },
        })
      ).status,
    ).toBe(200);
  });
});

describe('origins', () => {
  test.each([
    [ORIGIN, 200],
    ['https://app.example.com.evil.com', 403],
    ['https://evil.com', 403],
    ['null', 403],
    ['http://localhost:5173', 403],
  ])('when a page of %s calls, then it is %s, over HTTP, polling and upgrade alike', async (origin, status) => {
    const { url, port } = await startGateway();
    const response = await fetch(`${url}/api/users/me`, { headers: { authorization: `Bearer ${token}`, origin } });
    expect(response.status).toBe(status);
    expect(response.headers.get('access-control-allow-origin')).toBe(status === 200 ? origin : null);
    expect((await fetch(`${url}/socket.io/?EIO=4&transport=polling`, { headers: { origin } })).status).toBe(status);
    const upgraded = await raw(port, handshake(`origin: ${origin}\r\n`), (socket) => socket.once('data', () => socket.end()));
    expect(upgraded.slice(9, 12)).toBe(status === 200 ? '101' : '403');
    const preflight = await fetch(`${url}/api/users/me`, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'PATCH', 'access-control-request-headers': 'authorization' },
    });
    expect(preflight.status).toBe(status === 200 ? 204 : 403);
  });
  test('when nothing is configured outside production, then pages on localhost may call; in production they may not', async () => {
    const call = async (env: NodeJS.ProcessEnv) =>
      (
        await fetch(`${(await startGateway({ CORS_ORIGIN: '', ...env })).url}/api/users/me`, {
          headers: { authorization: `Bearer ${token}`, origin: 'http://localhost:5173' },
        })
      ).status;
    expect(await call({})).toBe(200);
    expect(await call({ NODE_ENV: 'production' })).toBe(403);
  });
});

const handshake = (headers = '', path = '/socket.io/?EIO=4&transport=websocket') =>
  `GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: ${Buffer.alloc(16).toString('base64')}\r\n${headers}\r\n`;

describe('WebSocket', () => {
  test('when the handshake is done, then bytes go both ways, and closing one side closes the other', async () => {
    const { port } = await startGateway();
    const received = await raw(port, handshake('x-forwarded-for: 6.6.6.6\r\ncookie: a=b\r\n'), (socket) => {
      let text = '';
      socket.once('data', () => socket.write('ping'));
      socket.on('data', (chunk) => (text += chunk.toString()).endsWith('ping') && socket.end());
    });
    expect(received).toMatch(/^HTTP\/1\.1 101 .*ping$/s);
    expect(seen).toMatchObject([
      { method: 'UPGRADE', url: '/socket.io/?EIO=4&transport=websocket', headers: { 'x-forwarded-for': '127.0.0.1' } },
    ]);
    expect(seen[0]?.headers.cookie).toBeUndefined();
  });
  test.each([
    ['another path', handshake('', '/other'), 404],
    ['a path in disguise', handshake('', '/socket.io/../socket.io/'), 400],
    ['no key', 'GET /socket.io/ HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\n', 400],
    ['another protocol', 'GET /socket.io/ HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: h2c\r\n\r\n', 400],
    ['an old version', handshake().replace('version: 13', 'version: 8'), 426],
    ['CONNECT', 'CONNECT elsewhere:443 HTTP/1.1\r\nhost: elsewhere\r\n\r\n', 405],
  ])('when an upgrade has %s, then it is refused and the connection ends (%#)', async (_what, text, status) => {
    const { port } = await startGateway();
    expect(problemOf(await raw(port, text)).status).toBe(status);
    expect(seen).toEqual([]);
  });
  test('when realtime cannot be reached, then the upgrade is answered 503 and ended', async () => {
    const { port } = await startGateway({ REALTIME_URL: 'http://127.0.0.1:1' });
    const received = await raw(port, handshake());
    expect(problemOf(received)).toMatchObject({ status: 503 });
    expect(received.toLowerCase()).toContain('retry-after:');
  });
});

describe('limits', () => {
  test('when a body is too large, announced or not, then it is 413', async () => {
    const { url, port } = await startGateway({ MAX_BODY_BYTES: '1000' });
    const response = await fetch(`${url}/api/posts`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ text: 'x'.repeat(2000) }),
    });
    expect(response.status).toBe(413);
    expect(await response.json()).toMatchObject({ code: 'BODY_TOO_LARGE' });
    const chunked = `POST /api/posts HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n7d0\r\n${'x'.repeat(2000)}\r\n0\r\n\r\n`;
    expect((await raw(port, chunked)).slice(9, 12)).toBe('413');
  });
  test('when headers are too large, then it is 431; when it is not HTTP, then it is 400', async () => {
    const { port } = await startGateway();
    expect((await raw(port, get('/api/users/me', `x-long: ${'x'.repeat(20_000)}\r\n`))).slice(9, 12)).toBe('431');
    expect((await raw(port, 'nonsense\r\n\r\n')).slice(9, 12)).toBe('400');
    expect(
      (await raw(port, 'GET /api/users/me HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n')).slice(9, 12),
    ).toBe('400');
  });
  test('when a request never comes to its end, then it is 408', async () => {
    const { port } = await startGateway({ HEADERS_TIMEOUT_MS: '200', REQUEST_TIMEOUT_MS: '300' });
    expect((await raw(port, 'GET /api/users/me HTTP/1.1\r\nhost: x\r\n')).slice(9, 12)).toBe('408');
  });
  test('when one address or one user sends too many requests, then it is 429 with Retry-After, and others are served', async () => {
    const { url } = await startGateway({ USER_RATE_LIMIT_PER_MINUTE: '5', AUTH_RATE_LIMIT_PER_MINUTE: '3' });
    const call = (userId: string) =>
      fetch(`${url}/api/users/me`, { headers: { authorization: `Bearer ${jwt.sign({ userId }, JWT_SECRET)}` } });
    const answers = await Promise.all(Array.from({ length: 7 }, () => call(USER)));
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(2);
    expect(Number(answers.find(({ status }) => status === 429)?.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await call('b'.repeat(24))).status).toBe(200);
    const logins = await Promise.all(
      Array.from({ length: 5 }, () =>
        fetch(`${url}/api/auth/login`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' }),
      ),
    );
    expect(logins.filter(({ status }) => status === 429)).toHaveLength(2);
  });
  test('when a user searches too often, then only searching is 429, and only for that user', async () => {
    const { url } = await startGateway({ SEARCH_RATE_LIMIT_PER_MINUTE: '2' });
    const call = async (userId: string, path: string) =>
      (await fetch(url + path, { headers: { authorization: `Bearer ${jwt.sign({ userId }, JWT_SECRET)}` } })).status;
    const search = (userId: string) => call(userId, '/api/users?search=an');
    expect([await search(USER), await search(USER), await search(USER)]).toEqual([200, 200, 429]);
    expect([await call(USER, '/api/users/me'), await search('b'.repeat(24))]).toEqual([200, 200]);
  });
});

describe('a service in trouble', () => {
  const call = async (env: NodeJS.ProcessEnv = {}) => {
    const { url } = await startGateway(env);
    const response = await fetch(`${url}/api/users/me`, { headers: { authorization: `Bearer ${token}` } });
    return {
      status: response.status,
      type: response.headers.get('content-type'),
      retryAfter: response.headers.get('retry-after'),
      body: (await response.json()) as Record<string, unknown>,
    };
  };
  test('when it cannot be reached, hangs or hangs up, then it is a 503 problem with Retry-After', async () => {
    const away = {
      status: 503,
      type: expect.stringContaining('application/problem+json'),
      retryAfter: expect.stringMatching(/^\d+$/),
      body: { status: 503, code: expect.any(String) },
    };
    expect(await call({ USERS_URL: 'http://127.0.0.1:1' })).toMatchObject(away);
    for (const kind of ['hang', 'cut'] as const) {
      answer = kind;
      expect(await call()).toMatchObject(away);
    }
  });
  test('when it dies in the middle of its answer, then the caller sees a broken answer, not a short one', async () => {
    answer = 'half';
    const { url } = await startGateway();
    await expect(
      fetch(`${url}/api/users/me`, { headers: { authorization: `Bearer ${token}` } }).then((response) => response.text()),
    ).rejects.toThrow();
  });
  test('when one is not ready, then readiness names it and liveness stays', async () => {
    const { url } = await startGateway({ CHAT_URL: 'http://127.0.0.1:1' });
    const ready = await fetch(`${url}/readyz`);
    expect(ready.status).toBe(503);
    expect(await ready.json()).toMatchObject({ checks: { chat: 'down', users: 'ok' } });
    expect((await fetch(`${url}/livez`)).status).toBe(200);
  });
});

test('when a caller goes away in the middle of its body, then the service is not left with half a request', async () => {
  const { port } = await startGateway();
  // Other requests may arrive as well, e.g. the session check of the gateway.
  const arrival = new Promise<IncomingMessage>((resolve) =>
    upstream.on('request', (arriving: IncomingMessage) => {
      if (arriving.url === '/api/posts' && arriving.method === 'POST') resolve(arriving);
    }),
  );
  const request = httpRequest({
    port,
    host: '127.0.0.1',
    path: '/api/posts',
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'content-length': '100' },
  });
  request.on('error', () => undefined);
  request.write('{"text":');
  const arriving = await arrival;
  arriving.on('error', () => undefined);
  const closed = new Promise((resolve) => arriving.once('close', resolve));
  request.destroy();
  await closed;
  expect(arriving.complete).toBe(false);
});
