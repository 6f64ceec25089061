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
const SERVICE_SECRET = 'the shared secret of the services in a test';

// Answers are asserted, not typed.
type Body = any;

export interface ServiceFixture {
  /** Base URL of the listener for clients. */
  readonly url: string;
  /** Returns a valid token of this user. */
  tokenOf(userId: string, sid?: string): string;
  /** Sends a request as a client behind the gateway; without a token if `userId` is undefined. */
  call(
    method: string,
    path: string,
    userId?: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<{ status: number; headers: Headers; body: Body }>;
  /** Sends a request with a token that the service itself issued. */
  callAs(
    token: string,
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<{ status: number; headers: Headers; body: Body }>;
  /** Sends a request to the internal listener, as another service would. */
  callInternal(path: string, body: unknown, token?: string): Promise<{ status: number; body: Body }>;
  /** Publishes an event as another service would; resolves when it is handled or parked. */
  publishEvent<T extends BusEventType>(type: T, id: string, data: BusEvent<T>['data'], time?: Date): Promise<void>;
  /** All events that the service has published. */
  published: BusEvent[];
  /** The database of the service, to read it or to plant documents of an earlier run. */
  database: Connection;
  /** Upstream services over HTTP, e.g. `upstreams.users.post('/internal/people')`. */
  upstreams: { users: Scope; realtime: Scope; chat: Scope; notification: Scope };
  /** From now on every upstream answers 503, whatever was arranged before. */
  upstreamsAway(): void;
  /** From now on the database does not answer. */
  loseDatabase(): Promise<void>;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts one whole service: real HTTP on free ports, a real store, the memory bus, signed tokens.
 * nock stands for its upstreams and closes the rest of the network. With MONGO_URL, the database is
 * on that server, under a unique name.
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
  // Imported here and restored in `stop`: nock takes over the HTTP of the whole process, which
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
  const published: BusEvent[] = [];
  let bus: EventBus;
  let service: AddressedService;
  const start = async () => {
    const inner = createMemoryBus({ logger, retryDelaysMs: [20, 20, 20, 20] });
    bus = {
      ...inner,
      async publish(event) {
        await options.beforePublish?.(event as BusEvent);
        await inner.publish(event);
        published.push(event as BusEvent);
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
    published,
    database,
    upstreams: {
      users: nock(hosts.users),
      realtime: nock(hosts.realtime),
      chat: nock(hosts.chat),
      notification: nock(hosts.notification),
    },
    call: (method, path, userId, body, headers) =>
      exchange(service.address().port, method, path, userId === undefined ? undefined : tokenOf(userId), body, headers),
    callAs: (token, method, path, body, headers) => exchange(service.address().port, method, path, token, body, headers),
    callInternal: (path, body, token = tokenForInternal(path)) =>
      exchange(service.address().internalPort, 'POST', `/internal${path}`, token, body),
    publishEvent: (type, id, data, time) => bus.publish(toBusEvent('test', type, id, data, time) as never),
    upstreamsAway() {
      nock.cleanAll();
      for (const host of Object.values(hosts)) nock(host).persist().post(/./).reply(503, {});
    },
    async loseDatabase() {
      if (store === undefined) throw new Error('the fixture cannot stop the database of MONGO_URL');
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
