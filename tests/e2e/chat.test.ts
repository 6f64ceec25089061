import { waitFor } from '@linsta/testing';
import { startProduct, type Person, type Product } from '../support/product';

let product: Product;
let ann: Person;
let ben: Person;
let eve: Person;
let chatRoomId: string;

beforeAll(async () => {
  product = await startProduct();
  [ann, ben, eve] = (await Promise.all(['Ann', 'Ben', 'Eve'].map((name) => product.register(name)))) as [Person, Person, Person];
  chatRoomId = (await product.call('POST', '/api/chat/rooms', ann.token, { otherUserId: ben._id })).body.chatRoomId;
});
afterAll(() => product.stop());

for (const transport of ['websocket', 'polling'] as const) {
  test(`when one sends over ${transport}, then every device of both gets it once, and it is stored`, async () => {
    const devices = [
      product.device(ann.token, [transport]),
      product.device(ann.token, [transport]),
      product.device(ben.token, [transport]),
    ] as const;
    await Promise.all(devices.map(({ connected }) => connected));
    const text = `Hello over ${transport}`;
    const { ok, message } = await devices[0].request('send_message', { chatRoomId, text });
    expect(ok).toBe(true);
    expect(message).toMatchObject({ chatRoomId, senderId: ann._id, text, sender: { _id: ann._id, name: 'Ann' } });
    for (const { received } of devices) await waitFor(() => received.receive_message);
    for (const { received } of devices) expect(received.receive_message).toEqual([message]);
    const { body } = await product.call('GET', `/api/chat/messages/${chatRoomId}`, ben.token);
    expect(body.at(-1)).toMatchObject({ _id: message._id, text, senderId: { _id: ann._id, name: 'Ann', email: ann.email } });
    devices.forEach(({ socket }) => socket.disconnect());
  });
}

test('when the same pair opens a room many times at once, then it is one room', async () => {
  const answers = await Promise.all(
    Array.from({ length: 10 }, (_, at) =>
      at % 2 === 0
        ? product.call('POST', '/api/chat/rooms', ann.token, { otherUserId: eve._id })
        : product.call('POST', '/api/chat/rooms', eve.token, { otherUserId: ann._id }),
    ),
  );
  expect(new Set(answers.map(({ body }) => body.chatRoomId)).size).toBe(1);
  expect(answers.every(({ status }) => status === 200)).toBe(true);
});

test('when a send is repeated with its clientMessageId, then the first result is answered; with another text it is a conflict', async () => {
  const device = product.device(ann.token);
  const first = await device.request('send_message', { chatRoomId, text: 'once', clientMessageId: 'c-1' });
  const again = await device.request('send_message', { chatRoomId, text: 'once', clientMessageId: 'c-1' });
  expect(again).toEqual(first);
  const other = await device.request('send_message', { chatRoomId, text: 'twice', clientMessageId: 'c-1' });
  expect(other).toMatchObject({ ok: false, error: { code: 'CLIENT_MESSAGE_ID_REUSED' } });
  const rest = await product.call('POST', `/api/chat/messages/${chatRoomId}`, ann.token, { text: 'twice', clientMessageId: 'c-1' });
  expect(rest.status).toBe(409);
});

test('when 200 messages come from four devices at once, then seq has no gap and each sender keeps his order', async () => {
  const room = (await product.call('POST', '/api/chat/rooms', ben.token, { otherUserId: eve._id })).body.chatRoomId as string;
  const devices = [ben, ben, eve, eve].map(({ token }) => product.device(token));
  await Promise.all(devices.map(({ connected }) => connected));
  await Promise.all(
    devices.flatMap(({ request }, who) =>
      Array.from({ length: 50 }, (_, n) => request('send_message', { chatRoomId: room, text: `${who}:${n}` })),
    ),
  );
  for (const { received } of devices) await waitFor(() => received.receive_message?.length === 200);
  for (const { received } of devices) {
    const bySeq = [...(received.receive_message ?? [])].sort((a, b) => a.seq - b.seq);
    expect(bySeq.map(({ seq }) => seq)).toEqual(Array.from({ length: 200 }, (_, at) => at + 1));
    for (const who of [0, 1, 2, 3])
      expect(bySeq.filter(({ text }) => text.startsWith(`${who}:`)).map(({ text }) => text)).toEqual(
        Array.from({ length: 50 }, (_, n) => `${who}:${n}`),
      );
  }
});

test('when another user requests the room, then it is refused in the words of the contract', async () => {
  const device = product.device(eve.token);
  for (const [event, payload] of [
    ['join_room', { chatRoomId }],
    ['send_message', { chatRoomId, text: 'let me in' }],
    ['get_history', { chatRoomId }],
  ] as const) {
    expect(await device.request(event, payload)).toMatchObject({ ok: false, error: { message: 'User not a participant' } });
  }
  expect(device.received.error).toHaveLength(3);
  expect(await device.request('join_room', { chatRoomId: 'f'.repeat(24) })).toMatchObject({
    ok: false,
    error: { message: 'Chat room not found' },
  });
  expect(await device.request('send_message', { chatRoomId, text: '  ' })).toMatchObject({
    ok: false,
    error: { message: 'Message text empty' },
  });
});

test('when a post is liked, then its author is notified live if subscribed, and at the next subscription if not', async () => {
  const post = (await product.call('POST', '/api/posts', ann.token, { text: 'A day at the sea' })).body;
  const online = product.device(ann.token);
  await online.request('subscribe_notifications');
  expect((await product.call('POST', `/api/posts/${post._id}/like`, ben.token)).body).toEqual({ liked: true, likes: 1 });
  expect((await product.call('POST', `/api/posts/${post._id}/like`, ben.token)).body).toEqual({ liked: true, likes: 1 });
  const [live] = await waitFor(() => online.received.notification);
  expect(live).toMatchObject({
    userId: ann._id,
    type: 'LIKE',
    message: 'Ben liked your post',
    referenceId: post._id,
    actorId: ben._id,
    isRead: false,
  });
  online.socket.disconnect();
  await product.call('POST', `/api/posts/${post._id}/comments`, eve.token, { text: 'Lovely' });
  await waitFor(async () => (await product.call('GET', '/api/notifications/unread-count', ann.token)).body.unread === 2);
  const later = product.device(ann.token);
  await later.request('subscribe_notifications');
  expect(later.received.notification?.map(({ message }) => message)).toEqual(['Eve commented on your post']);
});

test('when the product stops and starts again, then everything is still there', async () => {
  const before = (await product.call('GET', `/api/chat/messages/${chatRoomId}`, ann.token)).body;
  await product.restart();
  const after = (await product.call('GET', `/api/chat/messages/${chatRoomId}`, ann.token)).body;
  expect(before.length).toBeGreaterThan(0);
  expect(after).toEqual(before);
});

test('when a token is missing or bad, then the connection is refused in the words of the contract', async () => {
  await expect(product.device(undefined).connected).rejects.toMatchObject({
    message: 'No authentication token provided',
    data: { code: 'NO_TOKEN' },
  });
  await expect(product.device('nonsense').connected).rejects.toMatchObject({ message: 'Invalid token', data: { code: 'INVALID_TOKEN' } });
});

test('when one signs out, then the sockets of that session are closed and its token is refused', async () => {
  const gone = await product.register('Gone');
  const device = product.device(gone.token);
  await device.connected;
  const ended = new Promise((resolve) => device.socket.once('disconnect', resolve));
  expect((await product.call('POST', '/api/auth/logout', gone.token)).status).toBe(204);
  await ended;
  await waitFor(async () => (await product.call('GET', '/api/users/me', gone.token)).status === 401);
});

test('when a client signs out with the refresh token alone, or with a bad access token beside it, then the session ends', async () => {
  for (const token of [undefined, 'nonsense']) {
    const gone = await product.register('Gone');
    const device = product.device(gone.token);
    await device.connected;
    const ended = new Promise((resolve) => device.socket.once('disconnect', resolve));
    const { refreshToken } = gone;
    expect((await product.call('POST', '/api/auth/logout', token, { refreshToken })).status).toBe(204);
    await ended;
    expect((await product.call('POST', '/api/auth/refresh', undefined, { refreshToken })).status).toBe(401);
  }
});
