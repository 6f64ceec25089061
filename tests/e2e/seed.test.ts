import { createHmac } from 'node:crypto';
import { waitFor } from '@linsta/testing';
import jwt from 'jsonwebtoken';
import { startProduct, type Person, type Product } from '../support/product';

/**
 * What the product was asked to be, row by row: its socket events, REST calls, testing checklist
 * and error list.
 */

/** Of the product that runs elsewhere, where it does. */
const JWT_SECRET = process.env.LINSTA_JWT_SECRET ?? 'a secret of the seed that is long enough, e.g. this one';
const NOBODY = 'f'.repeat(24);
const ID = /^[0-9a-f]{24}$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

let product: Product;
let ann: Person;
let ben: Person;
let eve: Person;
let chatRoomId: string;
beforeAll(async () => {
  product = await startProduct({ JWT_SECRET });
  [ann, ben, eve] = (await Promise.all(['Ann Lee', 'Ben Ray', 'Eve Fox'].map((name) => product.register(name)))) as [
    Person,
    Person,
    Person,
  ];
  chatRoomId = (await product.call('POST', '/api/chat/rooms', ann.token, { otherUserId: ben._id })).body.chatRoomId;
});
afterAll(() => product.stop());

const connected = async (person: Person) => {
  const device = product.device(person.token);
  await device.connected;
  return device;
};
const statusOf = async (person: Person) =>
  (await product.call('GET', `/api/presence?userIds=${person._id}`, ann.token)).body[0] as { status: string; lastSeenAt: string | null };

describe('socket connection', () => {
  test('when the token is valid, then the user is online, and offline after the last device has gone', async () => {
    const zoe = await product.register('Zoe');
    expect(await statusOf(zoe)).toEqual({ userId: zoe._id, status: 'offline', lastSeenAt: null });
    const [first, second] = await Promise.all([connected(zoe), connected(zoe)]);
    expect((await statusOf(zoe)).status).toBe('online');
    first.socket.disconnect();
    await product.call('GET', '/api/users/me', zoe.token);
    expect((await statusOf(zoe)).status).toBe('online');
    second.socket.disconnect();
    const gone = await waitFor(async () => {
      const state = await statusOf(zoe);
      return state.status === 'offline' ? state : undefined;
    });
    expect(gone.lastSeenAt).toMatch(TIME);
  });

  const forged = (header: object, claims: object, secret: string, algorithm: string) => {
    const body = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
    return `${body}.${algorithm === 'none' ? '' : createHmac(algorithm, secret).update(body).digest('base64url')}`;
  };
  const claims = () => ({ userId: ann._id, iat: Math.floor(Date.now() / 1000), exp: Math.floor(Date.now() / 1000) + 600 });
  const badTokens: Record<string, () => string> = {
    nonsense: () => 'nonsense',
    'signed by somebody else': () => jwt.sign(claims(), 'another secret that is just as long as ours is'),
    expired: () => jwt.sign({ ...claims(), exp: Math.floor(Date.now() / 1000) - 60 }, JWT_SECRET),
    unsigned: () => forged({ alg: 'none', typ: 'JWT' }, claims(), '', 'none'),
    'of another algorithm': () => forged({ alg: 'HS512', typ: 'JWT' }, claims(), JWT_SECRET, 'sha512'),
    'without a userId': () => jwt.sign({ sub: ann._id }, JWT_SECRET, { expiresIn: '10m' }),
    'with a userId that is no id': () => jwt.sign({ userId: { $ne: null } }, JWT_SECRET, { expiresIn: '10m' }),
  };
  test.each(Object.keys(badTokens))('when the token is %s, then the connection is refused, and so is REST', async (kind) => {
    const token = badTokens[kind]!();
    await expect(product.device(token).connected).rejects.toMatchObject({ message: 'Invalid token', data: { code: 'INVALID_TOKEN' } });
    await expect(product.device(token, ['polling']).connected).rejects.toMatchObject({ message: 'Invalid token' });
    const { status, headers, body } = await product.call('GET', '/api/users/me', token);
    expect(status).toBe(401);
    expect(headers.get('content-type')).toMatch('application/problem+json');
    expect(body).toMatchObject({ status: 401, code: kind === 'expired' ? 'TOKEN_EXPIRED' : 'INVALID_TOKEN' });
  });
  test('when there is no token, then the connection is refused in the words of the contract', async () => {
    await expect(product.device(undefined).connected).rejects.toMatchObject({
      message: 'No authentication token provided',
      data: { code: 'NO_TOKEN' },
    });
  });
  test('when another issuer shares the secret, then its token works', async () => {
    const token = jwt.sign({ userId: ann._id }, JWT_SECRET, { expiresIn: '10m' });
    await product.device(token).connected;
    expect((await product.call('GET', '/api/users/me', token)).status).toBe(200);
  });
  test('when a token runs out, then its socket is closed, unless it was refreshed in place', async () => {
    const short = () => jwt.sign({ userId: ann._id }, JWT_SECRET, { expiresIn: 2 });
    const [left, kept] = [product.device(short()), product.device(short())];
    await Promise.all([left.connected, kept.connected]);
    expect(await kept.request('refresh_token', { token: ann.token })).toMatchObject({ ok: true });
    await waitFor(() => left.socket.disconnected);
    expect(left.received.error).toMatchObject([{ code: 'TOKEN_EXPIRED' }]);
    expect(await kept.request('join_room', { chatRoomId })).toMatchObject({ ok: true });
    expect(await kept.request('refresh_token', { token: ben.token })).toMatchObject({ ok: false });
  });
});

describe('chat over REST', () => {
  test('when a room is opened, then it has both participants, and opening it again answers the same', async () => {
    const first = await product.call('POST', '/api/chat/rooms', ann.token, { otherUserId: eve._id });
    expect(first.status).toBe(200);
    expect(first.body).toEqual({
      chatRoomId: expect.stringMatching(ID),
      participants: expect.any(Array),
      createdAt: expect.stringMatching(TIME),
    });
    expect([...first.body.participants].sort()).toEqual([ann._id, eve._id].sort());
    expect((await product.call('POST', '/api/chat/rooms', eve.token, { otherUserId: ann._id })).body).toEqual(first.body);
  });
  test('when the rooms are listed, then participants are users with name and e-mail, the latest activity first', async () => {
    await product.call('POST', `/api/chat/messages/${chatRoomId}`, ann.token, { text: 'to the top' });
    const { status, body } = await product.call('GET', '/api/chat/rooms', ben.token);
    expect(status).toBe(200);
    expect(body[0]).toMatchObject({
      _id: chatRoomId,
      lastMessage: { text: 'to the top', senderId: ann._id },
      createdAt: expect.stringMatching(TIME),
    });
    expect(body[0].unreadCount).toBe(body[0].lastSeq - body[0].readSeq);
    expect(body[0].participants).toEqual(expect.arrayContaining([ann, ben].map(({ _id, name, email }) => ({ _id, name, email }))));
  });
  test('when pages of messages are asked for, then limit and skip count from the newest and each page ascends', async () => {
    const room = (await product.call('POST', '/api/chat/rooms', ben.token, { otherUserId: eve._id })).body.chatRoomId as string;
    for (let n = 1; n <= 7; n += 1)
      await product.call('POST', `/api/chat/messages/${room}`, n % 2 === 0 ? eve.token : ben.token, { text: `m${n}` });
    const page = async (query: string) =>
      (await product.call('GET', `/api/chat/messages/${room}${query}`, eve.token)).body.map(({ text }: any) => text);
    expect(await page('')).toEqual(['m1', 'm2', 'm3', 'm4', 'm5', 'm6', 'm7']);
    expect(await page('?limit=3&skip=0')).toEqual(['m5', 'm6', 'm7']);
    expect(await page('?limit=3&skip=3')).toEqual(['m2', 'm3', 'm4']);
    expect(await page('?limit=3&skip=6')).toEqual(['m1']);
    expect(await page('?limit=3&skip=9')).toEqual([]);
    expect(await page('?limit=2&beforeSeq=4')).toEqual(['m2', 'm3']);
    expect(await page('?limit=2&afterSeq=4')).toEqual(['m5', 'm6']);
    const [first] = (await product.call('GET', `/api/chat/messages/${room}?limit=1`, ben.token)).body;
    expect(first).toEqual({
      _id: expect.stringMatching(ID),
      chatRoomId: room,
      senderId: { _id: ben._id, name: ben.name, email: ben.email },
      text: 'm7',
      seq: 7,
      createdAt: expect.stringMatching(TIME),
    });
  });
  test.each<[string, () => string, unknown, number]>([
    ['GET', () => `/api/chat/messages/${chatRoomId}?limit=0`, undefined, 400],
    ['GET', () => `/api/chat/messages/${chatRoomId}?limit=101`, undefined, 400],
    ['GET', () => `/api/chat/messages/${chatRoomId}?skip=-1`, undefined, 400],
    ['GET', () => `/api/chat/messages/${chatRoomId}?limit=1&limit=2`, undefined, 400],
    ['GET', () => '/api/chat/messages/nonsense', undefined, 400],
    ['GET', () => `/api/chat/messages/${NOBODY}`, undefined, 404],
    ['POST', () => '/api/chat/rooms', {}, 400],
    ['POST', () => '/api/chat/rooms', { otherUserId: { $ne: null } }, 400],
    ['POST', () => '/api/chat/rooms', { otherUserId: NOBODY }, 404],
    ['POST', () => `/api/chat/messages/${'0'.repeat(24)}`, { text: 'hi' }, 404],
  ])('when %s %s is asked wrongly, then it is refused with %s %s', async (method, path, body, expected) => {
    const answer = await product.call(method, path(), ann.token, body);
    expect(answer.status).toBe(expected);
    expect(answer.body).toMatchObject({
      status: expected,
      code: expect.any(String),
      detail: expect.any(String),
      requestId: expect.any(String),
    });
  });
  test('when one opens a room with oneself, then it is a bad request', async () => {
    expect((await product.call('POST', '/api/chat/rooms', ann.token, { otherUserId: ann._id })).status).toBe(400);
  });
  test("when the room is not the user's, then it is forbidden", async () => {
    for (const [method, path, body] of [
      ['GET', `/api/chat/messages/${chatRoomId}`],
      ['POST', `/api/chat/messages/${chatRoomId}`, { text: 'let me in' }],
      ['POST', `/api/chat/rooms/${chatRoomId}/read`, { seq: 1 }],
    ] as const) {
      const { status, body: problem } = await product.call(method, path, eve.token, body);
      expect({ status, detail: problem.detail }).toEqual({ status: 403, detail: 'User not a participant' });
    }
  });
});

describe('chat over sockets', () => {
  test('when a user joins and leaves, then the other sockets in the room get an event', async () => {
    const [a, b] = await Promise.all([connected(ann), connected(ben)]);
    expect(await a.request('join_room', { chatRoomId })).toMatchObject({ ok: true, chatRoomId, lastSeq: expect.any(Number) });
    expect(await b.request('join_room', { chatRoomId })).toMatchObject({ ok: true });
    expect(await waitFor(() => a.received.user_joined)).toEqual([{ chatRoomId, userId: ben._id }]);
    await b.request('leave_room', { chatRoomId });
    expect(await waitFor(() => a.received.user_left)).toEqual([{ chatRoomId, userId: ben._id }]);
    expect(b.received.user_joined).toBeUndefined();
  });
  test('when a message is sent without an acknowledgement, then it is stored and every participant gets it', async () => {
    const [a, b] = await Promise.all([connected(ann), connected(ben)]);
    a.socket.emit('send_message', { chatRoomId, text: 'Hey, how are you?' });
    const [message] = await waitFor(() => b.received.receive_message);
    expect(message).toMatchObject({
      _id: expect.stringMatching(ID),
      chatRoomId,
      senderId: ann._id,
      text: 'Hey, how are you?',
      createdAt: expect.stringMatching(TIME),
      seq: expect.any(Number),
      sender: { _id: ann._id, name: ann.name },
    });
    expect(await waitFor(() => a.received.receive_message)).toEqual([message]);
    expect((await product.call('GET', `/api/chat/messages/${chatRoomId}?limit=1`, ben.token)).body[0]._id).toBe(message._id);
  });
  test('when history is requested, then it comes as an event and in the acknowledgement, ascending, with users', async () => {
    const a = await connected(ann);
    const ack = await a.request('get_history', { chatRoomId, limit: 2, skip: 0 });
    expect(a.received.message_history).toEqual([{ chatRoomId, messages: ack.messages }]);
    expect(ack.messages).toHaveLength(2);
    expect(ack.messages[0].seq).toBeLessThan(ack.messages[1].seq);
    expect(ack.messages[1].senderId).toMatchObject({ _id: expect.stringMatching(ID), name: expect.any(String) });
  });
  test('when a read mark moves, then the devices of both users get an event, it never goes back, and unread is the difference', async () => {
    const [phone, laptop, other] = await Promise.all([connected(ben), connected(ben), connected(ann)]);
    const { message } = await other.request('send_message', { chatRoomId, text: 'read me' });
    const before = (await product.call('GET', '/api/unread', ben.token)).body;
    expect(before.chat).toBeGreaterThan(0);
    expect(await phone.request('mark_read', { chatRoomId, seq: message.seq })).toMatchObject({
      ok: true,
      readSeq: message.seq,
      unreadCount: 0,
    });
    for (const device of [phone, laptop, other])
      await waitFor(() => device.received.room_read?.some(({ readSeq, userId }) => readSeq === message.seq && userId === ben._id));
    expect(await phone.request('mark_read', { chatRoomId, seq: 1 })).toMatchObject({ ok: true, readSeq: message.seq });
    expect(await phone.request('mark_read', { chatRoomId, seq: message.seq + 100 })).toMatchObject({ readSeq: message.seq });
    expect((await product.call('GET', '/api/unread', ben.token)).body.chat).toBe(0);
  });
  test('when a device was away, then resume brings exactly what it missed', async () => {
    const b = await connected(ben);
    const { lastSeq } = await b.request('join_room', { chatRoomId });
    b.socket.disconnect();
    const sent = [];
    for (const text of ['one', 'two', 'three'])
      sent.push((await product.call('POST', `/api/chat/messages/${chatRoomId}`, ann.token, { text })).body);
    const back = await connected(ben);
    const { ok, rooms } = await back.request('resume', { rooms: [{ chatRoomId, afterSeq: lastSeq }] });
    expect(ok).toBe(true);
    const room = rooms.find((entry: any) => entry.chatRoomId === chatRoomId);
    expect(room).toMatchObject({ lastSeq: lastSeq + 3, reset: false });
    expect(room.messages.map(({ _id }: any) => _id)).toEqual(sent.map(({ _id }) => _id));
    const again = await back.request('resume', { rooms: [{ chatRoomId, afterSeq: lastSeq + 3 }] });
    expect(again.rooms.some((entry: any) => entry.chatRoomId === chatRoomId)).toBe(false);
  });
  test('when more than 200 were missed, then the room is reset with the newest 50', async () => {
    const [x, y] = await Promise.all([product.register('Xi'), product.register('Yu')]);
    const room = (await product.call('POST', '/api/chat/rooms', x.token, { otherUserId: y._id })).body.chatRoomId as string;
    const device = await connected(x);
    await Promise.all(Array.from({ length: 201 }, (_, n) => device.request('send_message', { chatRoomId: room, text: `${n}` })));
    const other = await connected(y);
    const { rooms } = await other.request('resume', { rooms: [{ chatRoomId: room, afterSeq: 0 }] });
    expect(rooms).toMatchObject([{ chatRoomId: room, lastSeq: 201, reset: true }]);
    expect(rooms[0].messages.map(({ seq }: any) => seq)).toEqual(Array.from({ length: 50 }, (_, at) => 152 + at));
    const known = await other.request('resume', { rooms: [{ chatRoomId: room, afterSeq: 1 }] });
    expect(known.rooms[0]).toMatchObject({ reset: false });
    expect(known.rooms[0].messages).toHaveLength(200);
  });
});

describe('the error list', () => {
  test.each([
    ['join_room', () => ({ chatRoomId: NOBODY }), 'Chat room not found'],
    ['send_message', () => ({ chatRoomId: NOBODY, text: 'hi' }), 'Chat room not found'],
    ['get_history', () => ({ chatRoomId: NOBODY }), 'Chat room not found'],
    ['join_room', () => ({ chatRoomId }), 'User not a participant'],
    ['send_message', () => ({ chatRoomId, text: 'hi' }), 'User not a participant'],
    ['get_history', () => ({ chatRoomId }), 'User not a participant'],
    ['mark_read', () => ({ chatRoomId, seq: 1 }), 'User not a participant'],
    ['send_message', () => ({ chatRoomId, text: '' }), 'Message text empty'],
    ['send_message', () => ({ chatRoomId, text: ' \n\t ' }), 'Message text empty'],
  ] as const)('when %s is not to be done, then the acknowledgement and the error event say why (%#)', async (event, payload, message) => {
    const device = await connected(eve);
    const answer = await device.request(event, payload());
    expect(answer).toMatchObject({ ok: false, error: { message, code: expect.stringMatching(/^[A-Z_]+$/) } });
    expect(device.received.error).toEqual([{ event, ...answer.error }]);
  });
  test.each([
    ['send_message', null],
    ['send_message', 'text'],
    ['send_message', { chatRoomId: { $gt: '' }, text: 'x' }],
    ['send_message', { chatRoomId: NOBODY, text: 'x', admin: true }],
    ['send_message', { chatRoomId: NOBODY, text: 'x'.repeat(4001) }],
    ['get_history', { chatRoomId: NOBODY, limit: 1e9 }],
    ['resume', { rooms: 'all' }],
    ['presence_subscribe', { userIds: [] }],
    ['no_such_event', {}],
    ['__proto__', {}],
    ['constructor', {}],
  ])('when the payload of %s is malformed, then it is an error and the socket lives on (%#)', async (event, payload) => {
    const device = await connected(ann);
    expect(await device.request(event, payload)).toMatchObject({
      ok: false,
      error: { code: expect.any(String), message: expect.any(String) },
    });
    expect(await device.request('join_room', { chatRoomId })).toMatchObject({ ok: true });
  });
});

describe('notifications', () => {
  const subscribe = async (person: Person) => {
    const device = await connected(person);
    expect(await device.request('subscribe_notifications')).toMatchObject({ ok: true });
    expect(device.received.notification_subscribed).toHaveLength(1);
    return device;
  };
  test('when a post is liked or commented on, or an RSVP comes, then its owner alone is notified live, in these words', async () => {
    const host = await product.register('Hal');
    const [owner, stranger] = await Promise.all([subscribe(host), subscribe(eve)]);
    const post = (await product.call('POST', '/api/posts', host.token, { text: 'Look' })).body;
    const event = (await product.call('POST', '/api/events', host.token, { title: 'Picnic', startsAt: '2027-01-05T12:00:00Z' })).body;
    await product.call('POST', `/api/posts/${post._id}/like`, ann.token);
    await waitFor(() => owner.received.notification?.length === 1);
    await product.call('POST', `/api/posts/${post._id}/comments`, ben.token, { text: 'Nice' });
    await waitFor(() => owner.received.notification?.length === 2);
    expect((await product.call('POST', `/api/events/${event._id}/rsvp`, ann.token, { status: 'going' })).status).toBe(200);
    await waitFor(() => owner.received.notification?.length === 3);
    expect(owner.received.notification).toMatchObject(
      [
        { type: 'LIKE', message: 'Ann Lee liked your post', referenceId: post._id, actorId: ann._id },
        { type: 'COMMENT', message: 'Ben Ray commented on your post', referenceId: post._id, actorId: ben._id },
        { type: 'EVENT_RSVP', message: 'Ann Lee is going to your event', referenceId: event._id, actorId: ann._id },
      ].map((wanted) => ({
        ...wanted,
        _id: expect.stringMatching(ID),
        userId: host._id,
        isRead: false,
        createdAt: expect.stringMatching(TIME),
        version: 1,
      })),
    );
    expect(stranger.received.notification).toBeUndefined();
  });
  test('when its owner is offline, then a notification waits in the database, is fetched over REST, and delivered once on return', async () => {
    const owner = await product.register('Off');
    const post = (await product.call('POST', '/api/posts', owner.token, { text: 'Away' })).body;
    await product.call('POST', `/api/posts/${post._id}/like`, ann.token);
    const [saved] = await waitFor(async () => {
      const { body } = await product.call('GET', '/api/notifications', owner.token);
      return body.length > 0 ? body : undefined;
    });
    const back = await subscribe(owner);
    expect(await waitFor(() => back.received.notification)).toEqual([saved]);
    back.socket.disconnect();
    const later = await subscribe(owner);
    await later.request('unsubscribe_notifications');
    expect(later.received.notification).toBeUndefined();
  });
  test('when notifications are read, then the unread count and the other devices agree', async () => {
    const owner = await product.register('Rea');
    const post = (await product.call('POST', '/api/posts', owner.token, { text: 'Read' })).body;
    for (const who of [ann, ben, eve]) await product.call('POST', `/api/posts/${post._id}/like`, who.token);
    const unread = async () => (await product.call('GET', '/api/notifications/unread-count', owner.token)).body.unread;
    await waitFor(async () => (await unread()) === 3);
    const device = await connected(owner);
    const [newest] = (await product.call('GET', '/api/notifications?limit=1', owner.token)).body;
    expect((await product.call('PATCH', `/api/notifications/${newest._id}/read`, owner.token)).body).toMatchObject({
      _id: newest._id,
      isRead: true,
    });
    expect(await waitFor(() => device.received.notification_read)).toEqual([{ ids: [newest._id], unread: 2 }]);
    expect((await product.call('GET', '/api/notifications?unread=true', owner.token)).body).toHaveLength(2);
    expect((await product.call('POST', '/api/notifications/read-all', owner.token)).body).toEqual({ updated: 2 });
    await waitFor(() => device.received.notification_read?.length === 2);
    expect(await unread()).toBe(0);
    expect((await product.call('PATCH', `/api/notifications/${newest._id}/read`, eve.token)).status).toBe(404);
  });
  test('when a user likes, unlikes, or acts on an own post, then no notification is sent', async () => {
    const owner = await product.register('Own');
    const post = (await product.call('POST', '/api/posts', owner.token, { text: 'Mine' })).body;
    expect((await product.call('POST', `/api/posts/${post._id}/like`, owner.token)).body).toEqual({ liked: true, likes: 1 });
    await product.call('POST', `/api/posts/${post._id}/comments`, owner.token, { text: 'me too' });
    await product.call('POST', `/api/posts/${post._id}/like`, ben.token);
    expect((await product.call('DELETE', `/api/posts/${post._id}/like`, ben.token)).body).toEqual({ liked: false, likes: 1 });
    expect((await product.call('DELETE', `/api/posts/${post._id}/like`, ben.token)).body).toEqual({ liked: false, likes: 1 });
    await product.call('POST', `/api/posts/${post._id}/like`, eve.token);
    await waitFor(async () => (await product.call('GET', '/api/notifications', owner.token)).body.length === 1);
    const { body } = await product.call('GET', '/api/notifications', owner.token);
    expect(body.map(({ actorId }: any) => actorId)).toEqual([eve._id]);
  });
  test("when one changes one's mind about an event, then the RSVP is updated, and a repeat is a no-op", async () => {
    const event = (
      await product.call('POST', '/api/events', ann.token, { title: 'Walk', startsAt: '2027-02-01T09:00:00+01:00', location: 'Park' })
    ).body;
    for (const [status, counts] of [
      ['going', { going: 1, maybe: 0, declined: 0 }],
      ['going', { going: 1, maybe: 0, declined: 0 }],
      ['declined', { going: 0, maybe: 0, declined: 1 }],
    ] as const)
      expect((await product.call('POST', `/api/events/${event._id}/rsvp`, ben.token, { status })).body).toMatchObject({ status, counts });
    expect((await product.call('POST', `/api/events/${event._id}/rsvp`, ben.token, { status: 'perhaps' })).status).toBe(400);
    expect((await product.call('GET', `/api/events/${event._id}`, ben.token)).body).toMatchObject({
      title: 'Walk',
      startsAt: '2027-02-01T08:00:00.000Z',
      myRsvp: 'declined',
    });
  });
});

describe('disconnecting', () => {
  test('when one has gone, then messages sent meanwhile are stored for him', async () => {
    const a = await connected(ann);
    const b = await connected(ben);
    b.socket.disconnect();
    const { message } = await a.request('send_message', { chatRoomId, text: 'for later' });
    const { body } = await product.call('GET', `/api/chat/messages/${chatRoomId}?limit=1`, ben.token);
    expect(body).toMatchObject([{ _id: message._id, text: 'for later' }]);
  });
});

describe('presence', () => {
  test('when a user watches another user, then each change arrives once', async () => {
    const pat = await product.register('Pat');
    const watcher = await connected(ann);
    expect(await watcher.request('presence_subscribe', { userIds: [pat._id] })).toEqual({
      ok: true,
      presence: [{ userId: pat._id, status: 'offline', lastSeenAt: null }],
    });
    const device = await connected(pat);
    await waitFor(() => watcher.received.presence?.length === 1);
    const reload = await connected(pat);
    device.socket.disconnect();
    reload.socket.disconnect();
    await waitFor(() => watcher.received.presence?.length === 2);
    expect(watcher.received.presence?.map(({ status }) => status)).toEqual(['online', 'offline']);
    await watcher.request('presence_unsubscribe');
    await connected(pat);
    await waitFor(async () => (await statusOf(pat)).status === 'online');
    expect(watcher.received.presence).toHaveLength(2);
  });
});
