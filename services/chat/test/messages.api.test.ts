import { createServiceFixture, type ServiceFixture } from '@linsta/support/service';
import { waitFor } from '@linsta/testing';
import { createChatService, loadConfig } from '@linsta/chat';
import { Types } from 'mongoose';

const [ann, ben, eve] = ['a', 'b', 'e'].map((letter) => letter.repeat(24)) as [string, string, string];
const person = (_id: string, name: string) => ({ _id, name, email: `${name}@example.com`.toLowerCase(), avatarUrl: null });
const known = [person(ann, 'Ann'), person(ben, 'Ben'), person(eve, 'Eve')];

let chat: ServiceFixture;
let chatRoomId: string;
const pushed: any[] = [];
beforeAll(async () => {
  chat = await createServiceFixture({ name: 'chat', create: createChatService, loadConfig });
  chat.upstreams.users
    .persist()
    .post('/internal/people')
    .reply(200, (_path, body: any) => ({ users: known.filter(({ _id }) => body.userIds.includes(_id)) }));
  chat.upstreams.realtime
    .persist()
    .post('/internal/broadcasts')
    .reply(200, (_path, body: any) => (pushed.push(...body.broadcasts), {}));
  chatRoomId = (await chat.call('POST', '/api/chat/rooms', ann, { otherUserId: ben })).body.chatRoomId;
});
afterAll(() => chat.stop());

const send = (userId: string, body: object, room = chatRoomId) => chat.call('POST', `/api/chat/messages/${room}`, userId, body);
const history = async (room = chatRoomId) => (await chat.call('GET', `/api/chat/messages/${room}?limit=100`, ann)).body as any[];
const roomOf = async (userId: string, room = chatRoomId) =>
  ((await chat.call('GET', '/api/chat/rooms', userId)).body as any[]).find(({ _id }) => _id === room);
/** A new room, so that each test counts from 1. */
const freshRoom = async () => {
  const other = new Types.ObjectId().toHexString();
  known.push(person(other, 'Other'));
  const opened = await chat.call('POST', '/api/chat/rooms', ann, { otherUserId: other });
  return { other, room: opened.body.chatRoomId as string };
};

describe('rooms', () => {
  test('when the other user is unknown, the caller or not an id, then the call is refused with a sentence', async () => {
    expect(await chat.call('POST', '/api/chat/rooms', ann, { otherUserId: 'f'.repeat(24) })).toMatchObject({
      status: 404,
      body: { code: 'USER_NOT_FOUND' },
    });
    expect(await chat.call('POST', '/api/chat/rooms', ann, { otherUserId: ann })).toMatchObject({ status: 400 });
    expect(await chat.call('POST', '/api/chat/rooms', ann, { otherUserId: 'not-an-id' })).toMatchObject({ status: 400 });
    expect(await chat.call('POST', '/api/chat/rooms', undefined, { otherUserId: ben })).toMatchObject({
      status: 401,
      body: { code: 'NO_TOKEN' },
    });
  });
  test('when both users open a room at once, many times, then it is one room', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) => chat.call('POST', '/api/chat/rooms', n % 2 ? eve : ben, { otherUserId: n % 2 ? ben : eve })),
    );
    expect(new Set(answers.map(({ body }) => body.chatRoomId)).size).toBe(1);
  });
});

describe('a message over REST', () => {
  test('when it is sent, then it is stored, pushed once to both, and part of the room summary', async () => {
    pushed.length = 0;
    const { status, body } = await send(ann, { text: 'hello', clientMessageId: 'one' });
    expect(status).toBe(201);
    expect(body).toMatchObject({ chatRoomId, senderId: ann, text: 'hello', seq: 1, clientMessageId: 'one', sender: { name: 'Ann' } });
    await waitFor(() => pushed.length > 0);
    expect(pushed).toMatchObject([{ event: 'receive_message', userIds: expect.arrayContaining([ann, ben]), payload: { _id: body._id } }]);
    expect(await history()).toMatchObject([{ _id: body._id, senderId: { _id: ann, name: 'Ann' } }]);
    expect(await roomOf(ann)).toMatchObject({ lastSeq: 1, unreadCount: 0, lastMessage: { text: 'hello' } });
    expect(await roomOf(ben)).toMatchObject({ lastSeq: 1, unreadCount: 1 });
  });
  test('when a send is repeated, then the answer is the first result and nothing is pushed; another text is a conflict', async () => {
    const first = await send(ann, { text: 'again', clientMessageId: 'two' });
    await waitFor(() => pushed.some(({ payload }) => payload._id === first.body._id));
    pushed.length = 0;
    expect(await send(ann, { text: 'again', clientMessageId: 'two' })).toMatchObject({ status: 201, body: first.body });
    expect(await send(ann, { text: 'other', clientMessageId: 'two' })).toMatchObject({
      status: 409,
      body: { code: 'CLIENT_MESSAGE_ID_REUSED' },
    });
    // The id is unique per sender: another sender may use the same.
    expect(await send(ben, { text: 'mine', clientMessageId: 'two' })).toMatchObject({ status: 201, body: { seq: first.body.seq + 1 } });
    await waitFor(() => pushed.length > 0);
    expect(pushed).toHaveLength(1);
  });
  test.each([
    ['empty', { text: '' }, 400],
    ['white space', { text: ' \n\t ' }, 400],
    ['too long', { text: 'x'.repeat(4_001) }, 400],
    ['no text at all', {}, 400],
    ['a number', { text: 7 }, 400],
    ['with an operator', { text: { $ne: '' } }, 400],
    ['with an unknown field', { text: 'x', seq: 1 }, 400],
  ])('when it is %s, then it is refused and nothing is stored', async (_kind, body, status) => {
    const before = (await history()).length;
    expect((await send(ann, body)).status).toBe(status);
    expect(await history()).toHaveLength(before);
  });
  test('when the user is no participant, or the room does not exist, then it is 403 and 404, in these words', async () => {
    expect(await send(eve, { text: 'x' })).toMatchObject({ status: 403, body: { detail: 'User not a participant' } });
    expect(await chat.call('GET', `/api/chat/messages/${chatRoomId}`, eve)).toMatchObject({ status: 403 });
    expect(await chat.call('POST', `/api/chat/rooms/${chatRoomId}/read`, eve, { seq: 1 })).toMatchObject({ status: 403 });
    expect(await send(ann, { text: 'x' }, 'f'.repeat(24))).toMatchObject({ status: 404, body: { detail: 'Chat room not found' } });
  });
});

describe('the order of a room', () => {
  const batch = (messages: object[]) => chat.callInternal('/messages', { messages });

  test('when one batch holds many messages of many rooms, then each room counts 1, 2, 3 in the order given', async () => {
    const rooms = await Promise.all(Array.from({ length: 12 }, freshRoom));
    const messages = Array.from({ length: 7 }, (_, n) =>
      rooms.map(({ room, other }) => ({ chatRoomId: room, senderId: n % 2 ? ann : other, text: `${n}` })),
    ).flat();
    const { body } = await batch(messages);
    expect(body.results.every(({ ok }: any) => ok)).toBe(true);
    for (const { room } of rooms)
      expect((await history(room)).map(({ seq, text }) => [seq, text])).toEqual(Array.from({ length: 7 }, (_, n) => [n + 1, `${n}`]));
  });

  test('when other processes take numbers meanwhile, then no number is skipped or doubled and the order of each sender is kept', async () => {
    const rooms = await Promise.all(Array.from({ length: 6 }, freshRoom));
    await batch(rooms.map(({ room, other }) => ({ chatRoomId: room, senderId: other, text: 'first' })));
    // Messages of another process, which the cache of this one does not have; in half of the rooms.
    await chat.database.collection('messages').insertMany(
      rooms.slice(0, 3).flatMap(({ room }) =>
        [2, 3].map((seq) => ({
          chatRoomId: new Types.ObjectId(room),
          seq,
          senderId: new Types.ObjectId(ann),
          text: 'elsewhere',
          createdAt: new Date(),
        })),
      ),
    );
    const messages = Array.from({ length: 5 }, (_, n) =>
      rooms.map(({ room, other }) => ({ chatRoomId: room, senderId: other, text: `mine ${n}` })),
    ).flat();
    const { body } = await batch(messages);
    expect(body.results.filter(({ ok }: any) => !ok)).toEqual([]);
    for (const [at, { room }] of rooms.entries()) {
      const stored = await history(room);
      expect(stored.map(({ seq }) => seq)).toEqual(stored.map((_, n) => n + 1));
      expect(stored.map(({ text }) => text)).toEqual([
        'first',
        ...(at < 3 ? ['elsewhere', 'elsewhere'] : []),
        ...[0, 1, 2, 3, 4].map((n) => `mine ${n}`),
      ]);
    }
  });

  test('when a batch repeats stored sends and its own, then each is stored once and each outcome is the first result', async () => {
    const rooms = await Promise.all(Array.from({ length: 5 }, freshRoom));
    const send = (n: number) =>
      rooms.map(({ room, other }) => ({ chatRoomId: room, senderId: other, text: `t${n}`, clientMessageId: `c${n}` }));
    const first = (await batch([...send(0), ...send(1)])).body.results;
    const second = (await batch([...send(0), ...send(2), ...send(1), ...send(3), ...send(3)])).body.results;
    expect(second.every(({ ok }: any) => ok)).toBe(true);
    rooms.forEach((_, at) => {
      expect(second[at].message._id).toBe(first[at].message._id);
      expect(second[10 + at].message._id).toBe(first[5 + at].message._id);
      expect(second[15 + at].message._id).toBe(second[20 + at].message._id);
      expect([0, 5, 10, 15, 20].map((from) => second[from + at].duplicate)).toEqual([true, false, true, false, true]);
    });
    for (const { room } of rooms) expect((await history(room)).map(({ text }) => text)).toEqual(['t0', 't1', 't2', 't3']);
  });

  test('when sends of a batch are refused, then the rest of the batch is stored', async () => {
    const { room, other } = await freshRoom();
    const { body } = await batch([
      { chatRoomId: room, senderId: other, text: 'good' },
      { chatRoomId: room, senderId: eve, text: 'not in here' },
      { chatRoomId: 'f'.repeat(24), senderId: eve, text: 'nowhere' },
      { chatRoomId: room, senderId: ann, text: 'good too' },
    ]);
    expect(body.results.map(({ ok, error }: any) => (ok ? 'ok' : error.code))).toEqual([
      'ok',
      'NOT_A_PARTICIPANT',
      'CHAT_ROOM_NOT_FOUND',
      'ok',
    ]);
    expect((await history(room)).map(({ text }) => text)).toEqual(['good', 'good too']);
  });

  test('when the process ended between an insert and the room summary, then the next read repairs the summary and each watermark', async () => {
    const { room, other } = await freshRoom();
    await batch([{ chatRoomId: room, senderId: other, text: 'seen' }]);
    await roomOf(ann, room);
    const left = [other, ann].map((senderId, at) => ({
      chatRoomId: new Types.ObjectId(room),
      seq: 2 + at,
      senderId: new Types.ObjectId(senderId),
      text: `left ${at}`,
      createdAt: new Date(),
    }));
    await chat.database.collection('messages').insertMany(left);
    await chat.restart();
    expect(await roomOf(other, room)).toMatchObject({ lastSeq: 3, readSeq: 2, unreadCount: 1, lastMessage: { text: 'left 1' } });
    expect(await roomOf(ann, room)).toMatchObject({ lastSeq: 3, readSeq: 3, unreadCount: 0 });
  });

  test.each(['the other participant sends the next message', 'the sender repeats the send'])(
    'when the process ended between an insert and the room summary, and %s, then the sender has read the own message',
    async (next) => {
      const { other, room } = await freshRoom();
      await send(ann, { text: 'one' }, room);
      await roomOf(ann, room);
      const died = { chatRoomId: new Types.ObjectId(room), createdAt: new Date(), senderId: new Types.ObjectId(ann) };
      await chat.database.collection('messages').insertOne({ ...died, seq: 2, text: 'two', clientMessageId: 'died' });
      if (next.startsWith('the sender')) expect((await send(ann, { text: 'two', clientMessageId: 'died' }, room)).body.seq).toBe(2);
      else expect(await send(other, { text: 'three' }, room)).toMatchObject({ status: 201, body: { seq: 3 } });
      const lastSeq = next.startsWith('the sender') ? 2 : 3;
      expect(await roomOf(ann, room)).toMatchObject({ lastSeq, unreadCount: lastSeq - 2 });
      expect(await roomOf(other, room)).toMatchObject({ lastSeq, unreadCount: lastSeq === 3 ? 0 : 2 });
    },
  );
  test('when a client resumes from a message that the room summary lacks, then the room is not reset', async () => {
    const { room, other } = await freshRoom();
    await batch([{ chatRoomId: room, senderId: other, text: 'one' }]);
    await roomOf(ann, room);
    await chat.database
      .collection('messages')
      .insertOne({ chatRoomId: new Types.ObjectId(room), seq: 2, senderId: new Types.ObjectId(other), text: 'two', createdAt: new Date() });
    const { body } = await chat.callInternal('/resume', { userId: ann, rooms: [{ chatRoomId: room, afterSeq: 2 }] });
    expect(body.rooms.find(({ chatRoomId: id }: any) => id === room) ?? { reset: false }).toMatchObject({ reset: false });
    const behind = await chat.callInternal('/resume', { userId: ann, rooms: [{ chatRoomId: room, afterSeq: 1 }] });
    expect(behind.body.rooms.find(({ chatRoomId: id }: any) => id === room)).toMatchObject({ lastSeq: 2, messages: [{ text: 'two' }] });
  });
});

describe('during an outage', () => {
  test('when realtime cannot be reached, then a message is stored', async () => {
    const { room } = await freshRoom();
    chat.upstreamsAway();
    expect(await send(ann, { text: 'alone' }, room)).toMatchObject({ status: 201, body: { seq: 1 } });
    expect(await history(room)).toHaveLength(1);
  });
  test('when a caller has no service token, then the internal endpoint refuses it', async () => {
    expect(await chat.callInternal('/messages', { messages: [] }, 'nonsense')).toMatchObject({ status: 401 });
  });
  // A test must not stop the server of MONGO_URL; tests/chaos cuts the connection to it.
  if ((process.env.MONGO_URL ?? '') === '')
    test('when the database is down, then no send is acknowledged, each gets a 503 in time, and sends work after its return', async () => {
      const { length } = await history();
      await chat.loseDatabase();
      const answers = await Promise.all([
        send(ann, { text: 'lost?' }),
        chat.callInternal('/messages', { messages: [{ chatRoomId, senderId: ben, text: 'lost?' }] }),
      ]);
      expect(answers[0]).toMatchObject({ status: 503, body: { code: 'UNAVAILABLE' } });
      expect(answers[0].headers.get('retry-after')).toMatch(/^\d+$/);
      expect(answers[1]).toMatchObject({ status: 200, body: { results: [{ ok: false, error: { code: 'UNAVAILABLE', status: 503 } }] } });
      await chat.restart();
      expect(await send(ann, { text: 'back', clientMessageId: 'back' })).toMatchObject({ status: 201, body: { seq: length + 1 } });
    });
});
