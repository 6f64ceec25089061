import { once } from 'node:events';
import { readdirSync, readlinkSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { createLogger } from '@linsta/core';
import { waitFor } from '@linsta/testing';
import { createGatewayService, loadConfig } from '../src';

/** What one client can take from the gateway: descriptors, connections, requests, time. */

const SECRET = 'a secret for the gateway tests that is long enough';
const PART = Buffer.alloc(64 * 1024, 'x');
const PARTS = 60;
let upstream: Server;
const running: { stop(): Promise<void> }[] = [];
const opened = new Set<Socket>();

beforeAll(async () => {
  upstream = createServer((request, response) => {
    if (request.url?.startsWith('/socket.io/') !== true) return void response.setHeader('content-type', 'application/json').end('{}');
    // An answer that takes longer than the deadline of a service, but is never silent.
    response.writeHead(200, { 'content-type': 'text/plain' });
    let sent = 0;
    const more = () => {
      sent += 1;
      if (sent === PARTS) return void response.end();
      response.write(PART);
      setTimeout(more, 30);
    };
    more();
  });
  upstream.listen(0, '127.0.0.1');
  await once(upstream, 'listening');
});
afterAll(async () => {
  opened.forEach((socket) => socket.destroy());
  for (const gateway of running) await gateway.stop();
  upstream.closeAllConnections();
  upstream.close();
});

async function startGateway(env: NodeJS.ProcessEnv = {}) {
  const url = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
  const names = ['USERS', 'POSTS', 'EVENTS', 'CHAT', 'NOTIFICATION', 'REALTIME', 'USERS_INTERNAL'];
  const config = loadConfig({
    ...Object.fromEntries(names.map((name) => [`${name}_URL`, url])),
    JWT_SECRET: SECRET,
    SERVICE_SECRET: SECRET,
    PORT: '0',
    DRAIN_MS: '1',
    ...env,
  });
  const gateway = createGatewayService(config, { logger: createLogger('gateway', 'silent') });
  await gateway.start();
  running.push(gateway);
  const { port } = gateway.address();
  return { port, url: `http://127.0.0.1:${port}` };
}
const open = async (port: number): Promise<Socket> => {
  const socket = connect(port, '127.0.0.1');
  opened.add(socket);
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
};
const statusOf = async (socket: Socket, path = '/livez'): Promise<number> => {
  socket.write(`GET ${path} HTTP/1.1\r\nhost: localhost\r\n\r\n`);
  const [chunk] = (await once(socket, 'data')) as [Buffer];
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(chunk.toString('latin1'))?.[1]);
};
/** Files below web/dist that this process holds open. */
const openFiles = () =>
  readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).includes('/web/dist/');
    } catch {
      return false;
    }
  }).length;

test('when a client pipelines 300 requests for a file and goes without reading, then no file stays open', async () => {
  const { port, url } = await startGateway({ RATE_LIMIT_PER_MINUTE: '100000' });
  const page = await (await fetch(url)).text();
  const asset = /\/?assets\/[^"]+\.js/.exec(page)?.[0] ?? '';
  expect(asset).not.toBe('');
  const path = asset.startsWith('/') ? asset : `/${asset}`;
  for (let round = 0; round < 5; round += 1) {
    const socket = await open(port);
    socket.pause();
    socket.write(`GET ${path} HTTP/1.1\r\nhost: localhost\r\n\r\n`.repeat(300));
    await waitFor(() => socket.bytesWritten > 0, 'the requests');
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(openFiles()).toBeLessThanOrEqual(1);
    socket.destroy();
  }
  await waitFor(() => openFiles() === 0, 'the end of all files', 5_000);
});

test('pipelined requests are answered completely and in order', async () => {
  const { port } = await startGateway();
  const socket = await open(port);
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
  const paths = ['/livez', '/api/nothing', '/livez', '/readyz', '/livez'];
  socket.write(paths.map((path) => `GET ${path} HTTP/1.1\r\nhost: localhost\r\n\r\n`).join(''));
  await waitFor(() => text.split('HTTP/1.1 ').length === paths.length + 1, 'the answers');
  expect([...text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => status)).toEqual(['200', '404', '200', '200', '200']);
});

test('when one address keeps many connections, then further ones are refused, whether or not they upgrade; others of it end and it may connect again', async () => {
  const { port } = await startGateway({ MAX_CONNECTIONS_PER_ADDRESS: '5' });
  const kept = await Promise.all(Array.from({ length: 5 }, () => open(port)));
  for (const socket of kept) expect(await statusOf(socket)).toBe(200);
  expect(await statusOf(await open(port))).toBe(429);
  const upgrade = await open(port);
  upgrade.write(
    'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nhost: localhost\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\nsec-websocket-version: 13\r\n\r\n',
  );
  const [refusal] = (await once(upgrade, 'data')) as [Buffer];
  expect(refusal.toString()).toContain('429');
  expect(refusal.toString()).toContain('TOO_MANY_CONNECTIONS');
  kept.forEach((socket) => socket.destroy());
  await waitFor(async () => {
    const socket = await open(port);
    const status = await statusOf(socket);
    socket.destroy();
    return status === 200;
  }, 'a connection');
});

test('/livez counts against the limit of an address like any other path', async () => {
  const { url } = await startGateway({ RATE_LIMIT_PER_MINUTE: '3' });
  const statuses = [];
  for (let n = 0; n < 4; n += 1) statuses.push((await fetch(`${url}/livez`)).status);
  expect(statuses).toEqual([200, 200, 200, 429]);
});

test('when a client reads slowly, or an answer takes longer than the deadline of a service, then it is complete', async () => {
  const { url } = await startGateway({ POLLING_TIMEOUT_MS: '1000' });
  const response = await fetch(`${url}/socket.io/?EIO=4&transport=polling`);
  expect(response.status).toBe(200);
  const reader = response.body?.getReader();
  let size = 0;
  for (let n = 0; ; n += 1) {
    const { done, value } = (await reader?.read()) ?? { done: true };
    if (done) break;
    size += value?.length ?? 0;
    // Longer than the deadline without reading, while the service waits for the client.
    if (n === 3) await new Promise((resolve) => setTimeout(resolve, 2_000));
  }
  expect(size).toBe(PART.length * (PARTS - 1));
});

describe('HTTP as written', () => {
  const exchange = async (port: number, text: string): Promise<string> => {
    const socket = await open(port);
    let received = '';
    socket.on('data', (chunk: Buffer) => (received += chunk.toString('latin1')));
    const closed = once(socket, 'close');
    socket.write(text);
    await closed;
    return received;
  };
  const polling = '/socket.io/?EIO=4&transport=polling';

  test.each([['/api/auth/login'], [polling], ['/livez']])(
    'Connection: close on %s is answered in kind, and the connection ends',
    async (path) => {
      const { port } = await startGateway();
      const body = path === '/api/auth/login' ? '{}' : '';
      const head = body === '' ? `GET ${path}` : `POST ${path}`;
      const framing = body === '' ? '' : 'content-type: application/json\r\ncontent-length: 2\r\n';
      const received = await exchange(port, `${head} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n${framing}\r\n${body}`);
      expect(received.toLowerCase()).toContain('connection: close');
      expect(received.toLowerCase()).not.toContain('connection: keep-alive');
    },
  );
  test('an HTTP/1.0 request is answered and its connection ends', async () => {
    const { port } = await startGateway();
    const received = await exchange(port, `GET ${polling} HTTP/1.0\r\nhost: localhost\r\n\r\n`);
    expect(received).toContain('200 OK');
  });
  test('two Host headers are refused', async () => {
    const { port } = await startGateway();
    expect(await exchange(port, 'GET /livez HTTP/1.1\r\nhost: localhost\r\nhost: elsewhere\r\nconnection: close\r\n\r\n')).toContain('400');
  });
});

describe('pages behind a proxy that rewrites Host, and pages of a foreign name', () => {
  const get = async (port: number, path: string, headers: string) => {
    const socket = await open(port);
    socket.write(`GET ${path} HTTP/1.1\r\n${headers}\r\n`);
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();
    return Number(/^HTTP\/1\.1 (\d{3})/.exec(chunk.toString('latin1'))?.[1]);
  };
  const demoUsers = [{ name: 'Ann', email: 'ann@example.com', password: 'of the demo' }];

  test('static files need no Origin; calls of the own page pass by Sec-Fetch-Site; foreign ones do not', async () => {
    const { port } = await startGateway({ NODE_ENV: 'production' });
    const origin = 'origin: https://app.example.com\r\nhost: 127.0.0.1:5000\r\n';
    expect(await get(port, '/', origin)).toBe(200);
    expect(await get(port, '/api/users/me', `${origin}sec-fetch-site: same-origin\r\n`)).toBe(401);
    expect(await get(port, '/api/users/me', `${origin}sec-fetch-site: cross-site\r\n`)).toBe(403);
    expect(await get(port, '/api/users/me', origin)).toBe(403);
  });
  test('a foreign name that points at a loopback listener is not an own page, and does not get the demo users', async () => {
    const config = { JWT_SECRET: SECRET, SERVICE_SECRET: SECRET, PORT: '0', HOST: '127.0.0.1' };
    const gateway = createGatewayService(loadConfig(config), { logger: createLogger('gateway', 'silent'), demoUsers });
    await gateway.start();
    running.push(gateway);
    const { port } = gateway.address();
    expect(await get(port, '/demo-users.json', 'host: localhost\r\n')).toBe(200);
    expect(await get(port, '/demo-users.json', 'host: evil.example\r\n')).toBe(404);
    expect(await get(port, '/api/users/me', 'host: evil.example\r\norigin: http://evil.example\r\n')).toBe(403);
    expect(await get(port, '/api/users/me', 'host: localhost\r\norigin: http://localhost\r\n')).toBe(401);
  });
  test('the policy of a page names the one host that its sockets may reach', async () => {
    const { url } = await startGateway();
    const policy = (await fetch(url)).headers.get('content-security-policy') ?? '';
    const { host } = new URL(url);
    expect(policy).toContain(`connect-src 'self' ws://${host} wss://${host}`);
    expect(policy).not.toMatch(/connect-src[^;]* wss?:[ ;]/);
  });
});

test('TRUSTED_PROXIES: limits count the client that a trusted proxy names, and no other sender may name one', async () => {
  const call = (url: string, address: string) =>
    fetch(`${url}/livez`, { headers: { 'x-forwarded-for': address } }).then(({ status }) => status);
  const behind = await startGateway({ RATE_LIMIT_PER_MINUTE: '1', TRUSTED_PROXIES: 'loopback' });
  expect([await call(behind.url, '10.0.0.1'), await call(behind.url, '10.0.0.1'), await call(behind.url, '10.0.0.2')]).toEqual([
    200, 429, 200,
  ]);
  const direct = await startGateway({ RATE_LIMIT_PER_MINUTE: '1', TRUSTED_PROXIES: '10.0.0.0/8' });
  expect([await call(direct.url, '10.0.0.1'), await call(direct.url, '10.0.0.2')]).toEqual([200, 429]);
});
