import { problem, routes, type Route } from '@linsta/contracts';
import { startAllInOne, type AllInOne } from '@linsta/launcher';
import { createTemporaryDirectory, sharedDatabase } from '@linsta/testing';
import { createLogger } from '@linsta/core';
import { io, type Socket } from 'socket.io-client';
import { z } from 'zod';

let serial = 0;

export interface Person {
  _id: string;
  name: string;
  email: string;
  token: string;
  refreshToken: string;
}

const templates = Object.entries<Route>(routes).map(([key, route]) => {
  const [method, path = ''] = key.split(' ');
  return { method, route, pattern: new RegExp(`^${path.replaceAll(/:\w+/g, '[^/]+')}$`) };
});
/**
 * Every answer that a test gets is held against the contract: each good one against its schema,
 * each refusal against the problem's.
 */
function assertAsContract(method: string, path: string, { status, body }: { status: number; body: unknown }): void {
  const [bare = ''] = path.split('?');
  // The more literal template first: /api/users/me before /api/users/:id.
  const found = templates
    .filter((template) => template.method === method && template.pattern.test(bare))
    .sort((a, b) => a.pattern.source.split('[^').length - b.pattern.source.split('[^').length)[0];
  if (found === undefined) return;
  const schema = status === found.route.status ? (found.route.answer ?? z.undefined()) : problem;
  const parsed = schema.safeParse(body);
  if (!parsed.success) throw new Error(`${method} ${path} answered ${status} against the contract: ${z.prettifyError(parsed.error)}`);
}

/** The product at LINSTA_URL, e.g. a stack of containers; these tests neither start nor stop it. */
const elsewhere = (url: string): AllInOne => ({ url, storeUrl: '', internalUrls: {}, stop: () => Promise.resolve() });

const defaultLogger = (service: string) => createLogger(service, process.env.TEST_LOG_LEVEL ?? 'error');

/**
 * The whole product on a free port, its data in a directory of its own; or the one that runs at
 * LINSTA_URL.
 */
export async function startProduct(env: NodeJS.ProcessEnv = {}, createServiceLogger = defaultLogger) {
  const directory = createTemporaryDirectory();
  const database = sharedDatabase();
  const start = async (): Promise<AllInOne> => {
    if ((process.env.LINSTA_URL ?? '') !== '') return elsewhere(process.env.LINSTA_URL ?? '');
    return startAllInOne({
      dataDir: directory.path,
      env: {
        PORT: '0',
        ARGON2_MEMORY_KIB: '64',
        DRAIN_MS: '50',
        PRESENCE_GRACE_MS: '300',
        AUTH_RATE_LIMIT_PER_MINUTE: '10000',
        NEW_ROOMS_PER_HOUR: '10000',
        ...database.env,
        ...env,
      },
      createServiceLogger,
    });
  };
  let running = await start();
  const sockets = new Set<Socket>();

  const call = async (method: string, path: string, token?: string, body?: unknown) => {
    const response = await fetch(running.url + path, {
      method,
      headers: {
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const answer = { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) };
    assertAsContract(method, path, answer);
    return answer;
  };

  return {
    get url() {
      return running.url;
    },
    /** The listener of a service for other services and for operators. */
    internalUrl(service: string): string {
      const url = running.internalUrls[service];
      if (url === undefined) throw new Error(`there is no internal listener of ${service}`);
      return url;
    },
    /** The database's address. */
    get storeUrl() {
      return running.storeUrl;
    },
    call,
    async register(name: string): Promise<Person> {
      serial += 1;
      const email = `${name.toLowerCase().replaceAll(' ', '-')}.${process.pid}.${Date.now()}.${serial}@example.com`;
      const { status, body } = await call('POST', '/api/auth/register', undefined, { name, email, password: 'correct horse' });
      if (status !== 201) throw new Error(`registering failed: ${JSON.stringify(body)}`);
      return { ...body.user, token: body.token, refreshToken: body.refreshToken };
    },
    /** A device; `connected` resolves or rejects with the first answer. */
    device(token: string | undefined, transports: ('websocket' | 'polling')[] = ['websocket']) {
      const { origin, pathname } = new URL(running.url);
      const socket = io(origin, {
        path: `${pathname.replace(/\/$/, '')}/socket.io`,
        transports,
        forceNew: true,
        reconnectionDelay: 50,
        reconnectionDelayMax: 200,
        auth: token === undefined ? {} : { token },
      });
      sockets.add(socket);
      const received: Record<string, any[]> = {};
      socket.onAny((event: string, payload: unknown) => (received[event] ??= []).push(payload));
      const connected = new Promise<void>((resolve, reject) => {
        socket.once('connect', resolve);
        socket.once('connect_error', reject);
      });
      connected.catch(() => undefined);
      return {
        socket,
        received,
        connected,
        request: (event: string, payload?: unknown): Promise<any> => socket.timeout(10_000).emitWithAck(event, payload),
      };
    },
    async restart() {
      await running.stop();
      running = await start();
    },
    async stop() {
      for (const socket of sockets) socket.disconnect();
      await running.stop();
      await database.drop();
      directory.remove();
    },
  };
}
export type Product = Awaited<ReturnType<typeof startProduct>>;
