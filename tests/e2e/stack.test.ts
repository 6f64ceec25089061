import { join } from 'node:path';
import { createLinsta, createMemoryOutbox, type Linsta } from '@linsta/client';
import { startStack, type Stack } from '@linsta/stack';
import {
  createBroker,
  createTemporaryDirectory,
  describeWith,
  noBroker,
  noSharedRedis,
  waitFor,
  sharedDatabase,
  sharedRedis,
} from '@linsta/testing';

interface Member {
  _id: string;
  token: string;
}

const alive = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describeWith(noBroker ?? noSharedRedis, 'every service as processes of its own, two of each that scales', () => {
  const directory = createTemporaryDirectory();
  const database = sharedDatabase();
  const lines: string[] = [];
  const clients: Linsta[] = [];
  let broker: Awaited<ReturnType<typeof createBroker>>;
  let redis: Awaited<ReturnType<typeof sharedRedis>>;
  let stack: Stack;
  let ann: Member;
  let ben: Member;
  let chatRoomId: string;

  const call = async (method: string, path: string, token?: string, body?: unknown, url = stack.url): Promise<any> => {
    const response = await fetch(url + path, {
      method,
      headers: {
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (response.status === 503) {
      // One of a service's processes is being started again.
      await new Promise((resolve) => setTimeout(resolve, 100));
      return call(method, path, token, body, url);
    }
    if (!response.ok) throw new Error(`${method} ${path}: ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  };
  const ready = (url: string) =>
    waitFor(async () => (await fetch(`${url}/readyz`).catch(() => undefined))?.ok, `${url} being ready`, 60_000);
  const device = async ({ token }: Member, gateway: number, transport: 'websocket' | 'polling') => {
    const linsta = createLinsta({
      url: stack.urls[gateway]!,
      token,
      transports: [transport],
      outbox: createMemoryOutbox(),
      resyncEveryMs: 2_000,
    });
    clients.push(linsta);
    linsta.connect();
    linsta.messages(chatRoomId).subscribe(() => undefined);
    await waitFor(() => linsta.connection.get().status === 'online', `${transport} by gateway ${gateway}`, 20_000);
    await waitFor(() => linsta.messages(chatRoomId).get().status === 'ready', 'the messages', 20_000);
    return linsta;
  };
  const texts = (linsta: Linsta) =>
    linsta
      .messages(chatRoomId)
      .get()
      .messages.filter(({ status }) => status === 'sent')
      .map(({ text }) => text);

  beforeAll(async () => {
    [broker, redis] = await Promise.all([createBroker(), sharedRedis()]);
    await broker.start();
    stack = await startStack({
      root: join(__dirname, '..', '..'),
      dataDir: directory.path,
      env: {
        ...process.env,
        ...database.env,
        NODE_ENV: '',
        AMQP_URL: broker.url,
        REDIS_URL: redis.url,
        REDIS_PREFIX: redis.prefix,
        LOG_LEVEL: 'warn',
        ARGON2_MEMORY_KIB: '64',
        DRAIN_MS: '50',
        PRESENCE_GRACE_MS: '300',
        AUTH_RATE_LIMIT_PER_MINUTE: '10000',
      },
      scale: { gateway: 2, realtime: 2, chat: 2, notification: 2 },
      port: 0,
      write: (line) => void lines.push(line),
    });
    await Promise.all(stack.urls.map(ready)).catch((error: Error) => {
      throw new Error(`${error.message}\n${lines.slice(-20).join('\n')}`);
    });
    const register = async (name: string): Promise<Member> => {
      const { token, user } = await call('POST', '/api/auth/register', undefined, {
        name,
        email: `${name}@example.com`,
        password: 'correct horse',
      });
      return { token, _id: user._id };
    };
    [ann, ben] = [await register('Ann'), await register('Ben')];
    chatRoomId = (await call('POST', '/api/chat/rooms', ann.token, { otherUserId: ben._id })).chatRoomId;
  }, 120_000);
  afterEach(() => clients.splice(0).forEach((linsta) => linsta.close()));
  afterAll(async () => {
    await stack?.stop();
    await Promise.all([broker?.remove(), redis?.remove(), database.drop()]);
    directory.remove();
  }, 60_000);

  test('when devices of both users are connected to different gateways and nodes, by WebSocket and by polling, then each gets every message once', async () => {
    const devices = [
      await device(ann, 0, 'websocket'),
      await device(ann, 1, 'polling'),
      await device(ann, 1, 'websocket'),
      await device(ben, 0, 'polling'),
      await device(ben, 1, 'websocket'),
      await device(ben, 0, 'websocket'),
    ];
    devices.forEach((linsta, who) => {
      for (let n = 0; n < 20; n += 1) linsta.messages(chatRoomId).send(`${who}-${n}`);
    });
    for (const linsta of devices) await waitFor(() => texts(linsta).length === 120, 'all messages on every device', 30_000);
    const stored = (await call('GET', `/api/chat/messages/${chatRoomId}?limit=100&afterSeq=0`, ann.token)).concat(
      await call('GET', `/api/chat/messages/${chatRoomId}?limit=100&afterSeq=100`, ann.token),
    );
    expect(stored.map(({ seq }: any) => seq)).toEqual(Array.from({ length: 120 }, (_, n) => n + 1));
    for (const linsta of devices) expect(texts(linsta)).toEqual(stored.map(({ text }: any) => text));
    devices.forEach((_, who) =>
      expect(stored.map(({ text }: any) => text).filter((text: string) => text.startsWith(`${who}-`))).toEqual(
        Array.from({ length: 20 }, (_, n) => `${who}-${n}`),
      ),
    );
  }, 90_000);

  test('when a notification arrives and a user connects and disconnects, then every node pushes each once', async () => {
    const hers = [await device(ann, 0, 'websocket'), await device(ann, 1, 'websocket')];
    const arrivals = hers.map((linsta) => {
      const ids: string[] = [];
      linsta.notifications.onArrival(({ _id }) => void ids.push(_id));
      return ids;
    });
    const presence = hers.map((linsta) => {
      const store = linsta.presence([ben._id]);
      store.subscribe(() => undefined);
      return store;
    });
    const { _id } = await call('POST', '/api/posts', ann.token, { text: 'a post' });
    await call('POST', `/api/posts/${_id}/like`, ben.token, undefined, stack.urls[1]);
    for (const ids of arrivals) await waitFor(() => ids.length === 1, 'the notification on each device', 20_000);
    expect(await call('GET', '/api/notifications/unread-count', ann.token)).toEqual({ unread: 1 });
    const his = await device(ben, 1, 'websocket');
    for (const store of presence) await waitFor(() => store.get()[ben._id]?.status === 'online', 'his coming', 20_000);
    his.close();
    for (const store of presence) await waitFor(() => store.get()[ben._id]?.status === 'offline', 'his going', 20_000);
    expect(arrivals.map(({ length }) => length)).toEqual([1, 1]);
  }, 90_000);

  test.each(['chat-1', 'realtime-1', 'notification-1', 'gateway-2'])(
    'when %s is killed in the middle, then it is started again, and nothing is lost, doubled or out of order',
    async (name) => {
      const devices = [await device(ann, 0, 'websocket'), await device(ben, 1, 'websocket')];
      const pid = stack.pidOf(name)!;
      for (let n = 0; n < 30; n += 1) {
        devices.forEach((linsta, who) => linsta.messages(chatRoomId).send(`${name} ${who}-${n}`));
        if (n === 10) process.kill(pid, 'SIGKILL');
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      await waitFor(() => stack.pidOf(name) !== undefined && stack.pidOf(name) !== pid, 'the new process', 20_000);
      expect(lines.some((line) => line.startsWith(`${name} ended (SIGKILL)`))).toBe(true);
      for (const linsta of devices) await waitFor(() => linsta.connection.get().waiting === 0, 'all being sent', 45_000);
      const newest: any[] = await call('GET', `/api/chat/messages/${chatRoomId}?limit=60`, ann.token);
      const expected = newest.map(({ text }) => text);
      expect(expected.every((text: string) => text.startsWith(name))).toBe(true);
      expect(new Set(expected).size).toBe(60);
      for (const who of [0, 1])
        expect(expected.filter((text: string) => text.startsWith(`${name} ${who}-`))).toEqual(
          Array.from({ length: 30 }, (_, n) => `${name} ${who}-${n}`),
        );
      for (const linsta of devices)
        await waitFor(() => JSON.stringify(texts(linsta).slice(-60)) === JSON.stringify(expected), 'every device being whole', 45_000);
    },
    120_000,
  );

  test('when the stack is stopped, then every process ends', async () => {
    await waitFor(() => stack.members.every(({ name }) => stack.pidOf(name) !== undefined), 'every process', 20_000).catch(() => undefined);
    // One that is not there says why in its last lines.
    const gone = stack.members.filter(({ name }) => stack.pidOf(name) === undefined).map(({ name }) => name);
    expect(lines.filter((line) => gone.some((name) => line.startsWith(`${name} `))).slice(-20)).toEqual([]);
    const pids = stack.members.map(({ name }) => stack.pidOf(name)!);
    await stack.stop();
    expect(pids.filter(alive)).toEqual([]);
  }, 60_000);
});
