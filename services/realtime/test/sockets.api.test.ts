import { createRealtimeService, loadConfig } from '@linsta/realtime';
import { createServiceFixture, type ServiceFixture } from '@linsta/support/service';
import { waitFor } from '@linsta/testing';
import jwt from 'jsonwebtoken';
import { io, type Socket } from 'socket.io-client';

const [ann = '', ben = '', eve = '', zoe = '', room = ''] = ['a', 'b', 'e', 'f', '1'].map((letter) => letter.repeat(24));
const JWT_SECRET = 'the secret of a test, which is long enough to be one';

let realtime: ServiceFixture;
/** Batches of sends as they came to chat; each waits until it is let go. */
const batches: any[][] = [];
let hold: Promise<void> | undefined;
let answer: (messages: any[]) => [number, unknown];
const stored = (messages: any[]) =>
  messages.map(({ chatRoomId, senderId, text }, at) => ({
    ok: true,
    message: {
      _id: `${at}`.padStart(24, '0'),
      chatRoomId,
      senderId,
      text,
      seq: at + 1,
      createdAt: new Date().toISOString(),
      sender: { _id: senderId, name: 'Ann' },
    },
    participants: [ann, ben],
    duplicate: false,
  }));

const sockets: Socket[] = [];
beforeAll(async () => {
  realtime = await createServiceFixture({
    name: 'realtime',
    create: createRealtimeService,
    loadConfig,
    env: { DRAIN_MS: '50', PRESENCE_GRACE_MS: '50' },
  });
  realtime.upstreams.chat
    .persist()
    .post('/internal/messages')
    .reply(async (_path, body: any) => {
      batches.push(body.messages);
      await hold;
      return answer(body.messages);
    });
  realtime.upstreams.notification.persist().post('/internal/undelivered').reply(200, { notifications: [] });
});
beforeEach(() => {
  batches.length = 0;
  hold = undefined;
  answer = (messages) => [200, { results: stored(messages) }];
});
afterEach(() => sockets.splice(0).forEach((socket) => socket.disconnect()));
afterAll(() => realtime.stop());

async function device(userId: string, token = realtime.tokenOf(userId)) {
  const socket = io(realtime.url, { transports: ['websocket'], forceNew: true, auth: { token } });
  sockets.push(socket);
  const received: Record<string, any[]> = {};
  socket.onAny((event: string, payload: unknown) => void (received[event] ??= []).push(payload));
  await new Promise<void>((resolve, reject) => void socket.once('connect', resolve).once('connect_error', reject));
  return {
    socket,
    received,
    request: (event: string, payload?: unknown): Promise<any> => socket.timeout(5_000).emitWithAck(event, payload),
  };
}

test('when many send while one batch is under way, then all of them are the next one, in their order, and each gets its own outcome', async () => {
  let go: () => void = () => undefined;
  hold = new Promise((resolve) => (go = resolve));
  answer = (messages) => [
    200,
    {
      results: stored(messages).map((outcome, at) =>
        messages[at].text === '7' ? { ok: false, error: { code: 'CLIENT_MESSAGE_ID_REUSED', message: 'No', status: 409 } } : outcome,
      ),
    },
  ];
  const { request, received } = await device(ann);
  const first = request('send_message', { chatRoomId: room, text: 'first' });
  await waitFor(() => batches.length === 1);
  const rest = Array.from({ length: 20 }, (_, n) => request('send_message', { chatRoomId: room, text: `${n}` }));
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(batches).toHaveLength(1);
  go();
  const answers = await Promise.all([first, ...rest]);
  expect(batches.map((batch) => batch.map(({ text }) => text))).toEqual([['first'], Array.from({ length: 20 }, (_, n) => `${n}`)]);
  expect(answers.map(({ ok }) => ok)).toEqual([true, ...Array.from({ length: 20 }, (_, n) => n !== 7)]);
  expect(answers[8]).toEqual({ ok: false, error: { code: 'CLIENT_MESSAGE_ID_REUSED', message: 'No' } });
  expect(received.error).toEqual([{ event: 'send_message', code: 'CLIENT_MESSAGE_ID_REUSED', message: 'No' }]);
  expect(received.receive_message).toHaveLength(20);
});

test.each([
  ['is down', () => [503, {}]],
  ['answers nonsense', () => [200, { results: 'soon' }]],
  ['answers for fewer than were sent', () => [200, { results: [] }]],
] as [string, () => [number, unknown]][])(
  'when chat %s, then no send is acknowledged and the sender gets the error',
  async (_kind, reply) => {
    answer = reply;
    const { request, received } = await device(ann);
    const refused = await request('send_message', { chatRoomId: room, text: 'x' });
    expect(refused.ok).toBe(false);
    expect(['UNAVAILABLE', 'INTERNAL']).toContain(refused.error.code);
    expect(received.receive_message).toBeUndefined();
    answer = (messages) => [200, { results: stored(messages) }];
    expect(await request('send_message', { chatRoomId: room, text: 'y' })).toMatchObject({ ok: true });
  },
);

test('when a repeat is answered, then it is acknowledged and not broadcast again', async () => {
  answer = (messages) => [200, { results: stored(messages).map((outcome) => ({ ...outcome, duplicate: true })) }];
  const [hers, his] = [await device(ann), await device(ben)];
  expect(await hers.request('send_message', { chatRoomId: room, text: 'x', clientMessageId: 'c' })).toMatchObject({
    ok: true,
    message: { text: 'x' },
  });
  await his.request('unsubscribe_notifications');
  expect([hers.received.receive_message, his.received.receive_message]).toEqual([undefined, undefined]);
});

test('when chat requests a broadcast, then each device of its users gets it once, and no other device', async () => {
  const [hers, second, his] = [await device(ann), await device(ann), await device(ben)];
  const payload = { chatRoomId: room, userId: ann, readSeq: 3 };
  expect((await realtime.callInternal('/broadcasts', { broadcasts: [{ event: 'room_read', userIds: [ann], payload }] })).status).toBe(200);
  await waitFor(() => hers.received.room_read !== undefined && second.received.room_read !== undefined);
  expect([hers, second, his].map(({ received }) => received.room_read)).toEqual([[payload], [payload], undefined]);
});

test('when notifications are to be pushed, then only subscribed sockets get them, and only those ids count as delivered', async () => {
  const [hers, his] = [await device(ann), await device(ben)];
  await hers.request('subscribe_notifications');
  const notificationOf = (_id: string, userId: string) => ({
    _id: _id.repeat(24),
    userId,
    type: 'LIKE',
    message: 'Ben liked your post',
    referenceId: room,
    actorId: ben,
    isRead: false,
    createdAt: new Date().toISOString(),
    version: 1,
    actor: { _id: ben, name: 'Ben', avatarUrl: null },
    reference: { id: room },
    count: 1,
  });
  const { body } = await realtime.callInternal('/deliveries', { notifications: [notificationOf('c', ann), notificationOf('d', ben)] });
  expect(body).toEqual({ deliveredIds: ['c'.repeat(24)] });
  await waitFor(() => hers.received.notification !== undefined);
  expect(hers.received.notification).toMatchObject([{ _id: 'c'.repeat(24) }]);
  expect(his.received.notification).toBeUndefined();
});

test('when a session ends, then its sockets get the event and are closed, and no other socket', async () => {
  // Issued before the end: a token of a later second is accepted.
  const token = realtime.tokenOf(eve);
  const [hers, his] = [await device(eve, token), await device(ben)];
  await realtime.publishEvent('SESSION_ENDED', 'end', { userId: eve });
  await waitFor(() => hers.socket.disconnected);
  expect(hers.received.error).toMatchObject([{ code: 'SESSION_ENDED' }]);
  expect(his.socket.connected).toBe(true);
  await expect(device(eve, token)).rejects.toMatchObject({ data: { code: 'INVALID_TOKEN' } });
});

test('when all sessions of a user end, then a socket with a token of a later time stays', async () => {
  const late = jwt.sign({ userId: zoe, iat: Math.floor(Date.now() / 1000) + 30 }, JWT_SECRET, { expiresIn: 600 });
  const [early, later] = [await device(zoe), await device(zoe, late)];
  await realtime.publishEvent('SESSION_ENDED', 'end of Zoe', { userId: zoe });
  await waitFor(() => early.socket.disconnected);
  expect(later.socket.connected).toBe(true);
  expect((await device(zoe, late)).socket.connected).toBe(true);
});

test('when a caller is no service, then nothing is pushed', async () => {
  const { received } = await device(ann);
  const push = { broadcasts: [{ event: 'room_read', userIds: [ann], payload: { chatRoomId: room, userId: ben, readSeq: 1 } }] };
  expect((await realtime.callInternal('/broadcasts', push, realtime.tokenOf(ann))).status).toBe(401);
  expect((await realtime.callInternal('/broadcasts', { broadcasts: [{ event: 'connect', userIds: [ann], payload: {} }] })).status).toBe(
    400,
  );
  expect(received.room_read).toBeUndefined();
});

test('when the service stops, then sockets lose their transport without a disconnect packet: a client reconnects by itself', async () => {
  const { socket } = await device(ann);
  const reasons: string[] = [];
  socket.on('disconnect', (reason) => void reasons.push(reason));
  await realtime.restart();
  // "io server disconnect" would mean that the client stays away.
  await waitFor(() => reasons.length > 0);
  expect(reasons).not.toContain('io server disconnect');
});
