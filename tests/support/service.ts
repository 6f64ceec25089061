import { createMemoryBus, toBusEvent, type EventBus } from '@linsta/bus';
import { createLogger } from '@linsta/core';
import { createServiceTokens, signUserToken } from '@linsta/http';
import type { AddressedService, ServiceDeps } from '@linsta/service';
import type { BusEvent, BusEventType, ServiceName } from '@linsta/contracts';
import { INTERNAL_CALLERS } from '@linsta/contracts/internal';
import { createStore } from '@linsta/embedded-mongo';
import { createConnection, type Connection } from 'mongoose';
import type { Scope } from 'nock';
import { createTemporaryDirectory } from '@linsta/testing';

const JWT_SECRET = 'the secret of a test, which is long enough to be one';
const SERVICE_SECRET = 'the services of a test know each other by this one';

// Answers are asserted, not typed.
type Body = any;

export interface ServiceFixture {
  /** Its endpoint for clients. */
  readonly url: string;
  /** A good token of this user. */
  tokenOf(userId: string, sid?: string): string;
  /** As a client behind the gateway would; without a token where `userId` is undefined. */
  call(
    method: string,
    path: string,
    userId?: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<{ status: number; headers: Headers; body: Body }>;
  /** The same with a token that the service itself gave. */
  callAs(
    token: string,
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<{ status: number; headers: Headers; body: Body }>;
  /** As a neighbour would, over its internal door. */
  ask(path: string, body: unknown, token?: string): Promise<{ status: number; body: Body }>;
  /** Makes an event as another service would, and resolves when it is handled or parked. */
  tell<T extends BusEventType>(type: T, id: string, data: BusEvent<T>['data'], time?: Date): Promise<void>;
  /** What the service has told the bus, of whatever type. */
  told: BusEvent[];
  /** Its own database, to look into or to plant what an earlier life left behind. */
  database: Connection;
  /** The neighbours over HTTP, e.g. `neighbours.users.post('/internal/people')`. */
  neighbours: { users: Scope; realtime: Scope; chat: Scope; notification: Scope };
  /** From now on every upstream answers 503, whatever was arranged before. */
  neighboursAway(): void;
  /** From now on the database does not answer. */
  loseDatabase(): Promise<void>;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * One service whole: real HTTP on free ports, a real store, the memory bus, really signed tokens.
 * Its neighbours are nock's, and the rest of the net is closed. With MONGO_URL the database is on
 * that server, under a name of its own.
 */
export async function createServiceFixture<Config>(options: {
  name: ServiceName;
  create: (config: Config, deps: ServiceDeps) => AddressedService;
  loadConfig: (env: NodeJS.ProcessEnv) => Config;
  env?: NodeJS.ProcessEnv;
  now?: () => Date;
  /** Delays the publishing of an event. */
  beforePublish?: (event: BusEvent) => Promise<void> | undefined;
}): Promise<ServiceFixture> {
  // Not at the top, and given back at the end: it takes over the HTTP of the whole process, which
  // other suites share.
  const { default: nock } = await import('nock');
  if (!nock.isActive()) nock.activate();
  nock.disableNetConnect();
  nock.enableNetConnect('127.0.0.1');
  const directory = createTemporaryDirectory();
  const shared = process.env.MONGO_URL ?? '';
  let store = shared === '' ? await createStore({ dataDir: directory.path }) : undefined;
  const storePort = store?.port;
  const mongoUrl = store?.url ?? shared;
  const databaseName = `test_${options.name}_${process.pid}_${Date.now()}`;
  const database = createConnection(mongoUrl, { dbName: databaseName });
  await database.asPromise();
  const hosts = {
    users: 'http://users.test',
    realtime: 'http://realtime.test',
    chat: 'http://chat.test',
    notification: 'http://notification.test',
  };
  const env = {
    JWT_SECRET,
    SERVICE_SECRET,
    MONGO_URL: mongoUrl,
    DATABASE: databaseName,
    PORT: '0',
    INTERNAL_PORT: '0',
    ...Object.fromEntries(Object.entries(hosts).map(([name, url]) => [`${name.toUpperCase()}_INTERNAL_URL`, url])),
    ...options.env,
  };
  const logger = createLogger(options.name, process.env.TEST_LOG_LEVEL ?? 'silent');
  const told: BusEvent[] = [];
  let bus: EventBus;
  let service: AddressedService;
  const start = async () => {
    const inner = createMemoryBus({ logger, retryDelaysMs: [20, 20, 20, 20] });
    bus = {
      ...inner,
      async publish(event) {
        await options.beforePublish?.(event);
        await inner.publish(event);
        told.push(event);
      },
    };
    service = options.create(options.loadConfig(env), { bus, logger, ...(options.now !== undefined && { now: options.now }) });
    await service.start();
  };
  await start();

  /** A token of a service that may call this endpoint. */
  const tokenForInternal = (path: string) =>
    createServiceTokens(SERVICE_SECRET, INTERNAL_CALLERS[options.name][path]?.[0] ?? 'realtime').mint(options.name);

  const exchange = async (
    port: number,
    method: string,
    path: string,
    token: string | undefined,
    body: unknown,
    headers: Record<string, string> = {},
  ) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      headers: {
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: text === '' ? undefined : (JSON.parse(text) as unknown) };
  };

  const tokenOf = (userId: string, sid?: string) => signUserToken(JWT_SECRET, { userId, ...(sid !== undefined && { sid }) }, 600);
  return {
    get url() {
      return `http://127.0.0.1:${service.address().port}`;
    },
    tokenOf,
    told,
    database,
    neighbours: {
      users: nock(hosts.users),
      realtime: nock(hosts.realtime),
      chat: nock(hosts.chat),
      notification: nock(hosts.notification),
    },
    call: (method, path, userId, body, headers) =>
      exchange(service.address().port, method, path, userId === undefined ? undefined : tokenOf(userId), body, headers),
    callAs: (token, method, path, body, headers) => exchange(service.address().port, method, path, token, body, headers),
    ask: (path, body, token = tokenForInternal(path)) => exchange(service.address().internalPort, 'POST', `/internal${path}`, token, body),
    tell: (type, id, data, time) => bus.publish(toBusEvent('test', type, id, data, time) as never),
    neighboursAway() {
      nock.cleanAll();
      for (const host of Object.values(hosts)) nock(host).persist().post(/./).reply(503, {});
    },
    async loseDatabase() {
      if (store === undefined) throw new Error('the database of MONGO_URL is not ours to stop');
      await store.close();
      store = undefined;
    },
    async restart() {
      await service.stop();
      await bus.close();
      if (store === undefined && shared === '') store = await createStore({ dataDir: directory.path, port: storePort ?? 0 });
      await start();
    },
    async stop() {
      await service.stop();
      await bus.close();
      if (store !== undefined || shared !== '') await database.dropDatabase();
      await database.close();
      await store?.close();
      directory.remove();
      nock.cleanAll();
      nock.enableNetConnect();
      nock.restore();
    },
  };
}
