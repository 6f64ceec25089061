import { createRealtimeService, loadConfig } from '@linsta/realtime';
import { createServiceFixture, type ServiceFixture } from '@linsta/support/service';
import { waitFor } from '@linsta/testing';
import { io, type Socket } from 'socket.io-client';

const [ann, ben] = ['a'.repeat(24), 'b'.repeat(24)];

/** What the notification service has not delivered, by version. */
let undelivered: any[] = [];
let hold: Promise<void> | undefined;
let requests = 0;
let realtime: ServiceFixture;
const sockets: Socket[] = [];
beforeAll(async () => {
  realtime = await createServiceFixture({
    name: 'realtime',
    create: createRealtimeService,
    loadConfig,
    env: { DRAIN_MS: '50', PRESENCE_GRACE_MS: '50' },
  });
  realtime.upstreams.notification
    .persist()
    .post('/internal/undelivered')
    .reply(async (_path, { after = '', limit }: any) => {
      requests += 1;
      const page = undelivered.filter(({ _id }) => _id > after).slice(0, limit);
      await hold;
      return [200, { notifications: page }];
    });
  realtime.upstreams.notification
    .persist()
    .post('/internal/delivered')
    .reply(200, (_path, { notifications }: any) => {
      const got = new Set(notifications.map(({ _id, version }: any) => `${_id} ${version}`));
      undelivered = undelivered.filter(({ _id, version }) => !got.has(`${_id} ${version}`));
      return {};
    });
});
beforeEach(() => {
  undelivered = [];
  hold = undefined;
  requests = 0;
});
afterEach(() => sockets.splice(0).forEach((socket) => socket.disconnect()));
afterAll(() => realtime.stop());

const row = (n: number, version = 1) => ({
  _id: `${n}`.padStart(24, '0'),
  userId: ann,
  type: 'COMMENT',
  message: 'Ben commented on your post',
  referenceId: ben,
  actorId: ben,
  isRead: false,
  createdAt: '2026-01-01T00:00:00.000Z',
  version,
  actor: { _id: ben, name: 'Ben', avatarUrl: null },
  reference: { id: ben },
  count: version,
});
async function device(transports: ('websocket' | 'polling')[] = ['websocket']) {
  const socket = io(realtime.url, { transports, forceNew: true, auth: { token: realtime.tokenOf(ann) } });
  sockets.push(socket);
  const got: string[] = [];
  socket.on('notification', ({ _id, version }) => got.push(`${Number(_id)} v${version}`));
  await new Promise<void>((resolve, reject) => void socket.once('connect', resolve).once('connect_error', reject));
  return { got, ask: (event: string): Promise<any> => socket.timeout(20_000).emitWithAck(event) };
}
const deliver = async (...notifications: object[]) =>
  (await realtime.callInternal('/deliveries', { notifications })).body.deliveredIds as string[];

test.each([
  [10_200, 'websocket'],
  [1_000, 'polling'],
] as const)(
  'when %d notifications are undelivered, then a subscription over %s delivers all of them, once, in order',
  async (length, transport) => {
    undelivered = Array.from({ length }, (_, n) => row(n + 1));
    const { got, ask } = await device([transport]);
    expect(await ask('subscribe_notifications')).toMatchObject({ ok: true });
    await waitFor(() => got.length >= length);
    expect(got).toEqual(Array.from({ length }, (_, n) => `${n + 1} v1`));
    await waitFor(() => undelivered.length === 0);
  },
);

test('when a socket unsubscribes during the catch-up, then it gets no further notification', async () => {
  undelivered = Array.from({ length: 300 }, (_, n) => row(n + 1));
  let go: () => void = () => undefined;
  hold = new Promise((resolve) => (go = resolve));
  const { got, ask } = await device();
  const subscribed = ask('subscribe_notifications');
  await waitFor(() => requests > 0);
  expect(await ask('unsubscribe_notifications')).toMatchObject({ ok: true });
  go();
  expect(await subscribed).toMatchObject({ ok: true });
  expect(await deliver(row(301))).toEqual([]);
  expect(got).toEqual([]);
  expect(undelivered).toHaveLength(300);
});

test('when a socket unsubscribes and subscribes again during the catch-up, then it gets each notification once', async () => {
  undelivered = Array.from({ length: 300 }, (_, n) => row(n + 1));
  let go: () => void = () => undefined;
  hold = new Promise((resolve) => (go = resolve));
  const { got, ask } = await device();
  const first = ask('subscribe_notifications');
  await waitFor(() => requests > 0);
  await ask('unsubscribe_notifications');
  const second = ask('subscribe_notifications');
  go();
  await Promise.all([first, second]);
  await waitFor(() => got.length >= 300);
  expect(await deliver(row(301))).toEqual([row(301)._id]);
  await waitFor(() => got.length >= 301);
  expect(got).toEqual(Array.from({ length: 301 }, (_, n) => `${n + 1} v1`));
});

test('when a notification is forwarded again, then it is pushed once per version', async () => {
  const { got, ask } = await device();
  await ask('subscribe_notifications');
  for (const version of [1, 1, 2, 2, 3]) expect(await deliver(row(7, version))).toEqual([row(7)._id]);
  await waitFor(() => got.includes('7 v3'));
  expect(got).toEqual(['7 v1', '7 v2', '7 v3']);
});

test('when a notification is removed, then each device of the user is informed', async () => {
  const devices = [await device(), await device()];
  const payloads: unknown[] = [];
  for (const socket of sockets) socket.on('notification_removed', (payload) => payloads.push(payload));
  const payload = { id: row(1)._id, unread: 0 };
  const { status } = await realtime.callInternal('/broadcasts', {
    broadcasts: [{ event: 'notification_removed', userIds: [ann], payload }],
  });
  expect(status).toBe(200);
  await waitFor(() => payloads.length === devices.length);
  expect(payloads).toEqual([payload, payload]);
});
