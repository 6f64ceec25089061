import { createChatService, loadConfig } from '@linsta/chat';
import { createServiceFixture, type ServiceFixture } from '@linsta/support/service';
import { waitFor } from '@linsta/testing';
import { Types } from 'mongoose';

const [ann, ben, eve] = ['a', 'b', 'e'].map((letter) => letter.repeat(24)) as [string, string, string];
const person = (_id: string, name: string) => ({ _id, name, email: `${name}@example.com`.toLowerCase(), avatarUrl: null });
const known = [person(ann, 'Ann'), person(ben, 'Ben'), person(eve, 'Eve')];
const GHOST = 'f'.repeat(24);

let chat: ServiceFixture;
let chatRoomId: string;
let clock = Date.parse('2026-01-01T12:00:00Z');
const pushed: any[] = [];
beforeAll(async () => {
  chat = await createServiceFixture({ name: 'chat', create: createChatService, loadConfig, now: () => new Date(clock) });
  chat.upstreams.users
    .persist()
    .post('/internal/people')
    .reply(200, (_path, body: any) => ({ users: known.filter(({ _id }) => body.userIds.includes(_id)) }));
  chat.upstreams.realtime
    .persist()
    .post('/internal/broadcasts')
    .reply(200, (_path, body: any) => (pushed.push(...body.broadcasts), {}));
});
beforeEach(async () => {
  const other = new Types.ObjectId().toHexString();
  known.push(person(other, 'Other'));
  chatRoomId = (await chat.call('POST', '/api/chat/rooms', ann, { otherUserId: other })).body.chatRoomId;
  ben2 = other;
  pushed.length = 0;
});
afterAll(() => chat.stop());
/** The other participant of the room of this test. */
let ben2: string;

const send = async (text: string, body: object = {}, userId = ann) =>
  (await chat.call('POST', `/api/chat/messages/${chatRoomId}`, userId, { text, ...body })).body;
const react = (userId: string, seq: number | string, body: object) =>
  chat.call('POST', `/api/chat/messages/${chatRoomId}/${seq}/reactions`, userId, body);
const edit = (userId: string, seq: number | string, text: unknown) =>
  chat.call('PATCH', `/api/chat/messages/${chatRoomId}/${seq}`, userId, { text });
const history = async () => (await chat.call('GET', `/api/chat/messages/${chatRoomId}?limit=100`, ann)).body as any[];
const edits = (userId: string, seq: number) => chat.call('GET', `/api/chat/messages/${chatRoomId}/${seq}/edits`, userId);
const roomOf = async (userId = ann) =>
  ((await chat.call('GET', '/api/chat/rooms', userId)).body as any[]).find(({ _id }) => _id === chatRoomId);
const resume = async (points: object[], userId = ann) =>
  (await chat.callInternal('/resume', { userId, rooms: points })).body.rooms.find((room: any) => room.chatRoomId === chatRoomId);
const changes = async (wanted: object[]) => (await chat.callInternal('/changes', { changes: wanted })).body.results as any[];

describe('reactions', () => {
  test('when one reacts, then it is stored once, pushed once, part of the history, and a repeat changes nothing', async () => {
    await send('hello');
    const { status, body } = await react(ben2, 1, { emoji: '👍', on: true });
    expect(status).toBe(200);
    expect(body).toMatchObject({ seq: 1, text: 'hello', rev: 1, reactions: [{ emoji: '👍', userIds: [ben2] }] });
    expect((await react(ben2, 1, { emoji: '👍', on: true })).body).toEqual(body);
    await waitFor(() => pushed.some(({ event }) => event === 'message_changed'));
    expect((await react(ann, 1, { emoji: '👍', on: true })).body).toMatchObject({
      rev: 2,
      reactions: [{ emoji: '👍', userIds: [ben2, ann] }],
    });
    await waitFor(() => pushed.filter(({ event }) => event === 'message_changed').length === 2);
    expect(pushed.filter(({ event }) => event === 'message_changed')[0]).toEqual({
      event: 'message_changed',
      userIds: expect.arrayContaining([ann, ben2]),
      payload: { chatRoomId, rev: 1, message: body },
    });
    expect((await history())[0]).toMatchObject({ rev: 2, reactions: [{ emoji: '👍', userIds: [ben2, ann] }] });
  });
  test('when the last one withdraws, then the message has no reactions again, and a repeat changes nothing', async () => {
    await send('hello');
    await react(ann, 1, { emoji: '❤\ufe0f', on: true });
    const { body } = await react(ann, 1, { emoji: '❤\ufe0f', on: false });
    expect(body).toMatchObject({ rev: 2 });
    expect(body.reactions).toBeUndefined();
    expect((await react(ann, 1, { emoji: '❤\ufe0f', on: false })).body).toEqual(body);
  });
  test('when a message has 20 different ones, then a further one is refused, and a known one is not', async () => {
    await send('hello');
    const emoji = [...'😀😂🥰😎🤔😢😡👍👎👏🙏💪🎉🔥💡✅❌👀🚀🍕'];
    for (const one of emoji) expect((await react(ann, 1, { emoji: one, on: true })).status).toBe(200);
    expect(await react(ben2, 1, { emoji: '🎂', on: true })).toMatchObject({ status: 409, body: { code: 'REACTION_LIMIT' } });
    expect((await react(ben2, 1, { emoji: '🍕', on: true })).status).toBe(200);
  });
  test.each(['', 'a', '👍👍', '❤', ':+1:', '👍 ', '\u200d', '1', '👩\u200d'.repeat(30), 5, null, { $ne: '' }, ['👍']])(
    'when the emoji is %j, then it is refused',
    async (emoji) => {
      await send('hello');
      expect(await react(ann, 1, { emoji, on: true })).toMatchObject({ status: 400, body: { code: 'BAD_REQUEST' } });
      expect((await history())[0].reactions).toBeUndefined();
    },
  );
  test.each(['👩\u200d👩\u200d👧', '🇩🇪', '👍🏽', '1\ufe0f\u20e3', '🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}'])(
    'when the emoji is %s of several code points, then it is stored as given',
    async (emoji) => {
      await send('hello');
      expect((await react(ann, 1, { emoji, on: true })).body.reactions).toEqual([{ emoji, userIds: [ann] }]);
    },
  );
  test('when many changes come at once, then none is lost, and those to one message share a number', async () => {
    await send('one');
    await send('two');
    const emoji = [...'😀😂🥰😎🤔😢😡👍👎👏'];
    const wanted = emoji.flatMap((one) =>
      [ann, ben2].flatMap((userId) => [1, 2].map((seq) => ({ kind: 'react', chatRoomId, userId, seq, emoji: one, on: true }))),
    );
    const outcomes = await changes(wanted);
    expect(outcomes.every(({ ok }) => ok)).toBe(true);
    expect(outcomes.filter(({ pushed: push }) => push).map(({ message }) => message.rev)).toEqual([1, 2]);
    for (const { reactions } of await history()) {
      expect(reactions.map((reaction: any) => reaction.emoji)).toEqual(emoji);
      expect(reactions.every(({ userIds }: any) => userIds.length === 2)).toBe(true);
    }
  });
});

describe('edits', () => {
  test('when the sender edits, then the new text is shown everywhere, and the earlier ones are kept', async () => {
    await send('helo');
    clock += 1_000;
    const first = clock;
    const { status, body } = await edit(ann, 1, 'hello');
    expect(status).toBe(200);
    expect(body).toMatchObject({ text: 'hello', rev: 1, editedAt: new Date(first).toISOString() });
    expect((await edit(ann, 1, 'hello')).body).toEqual(body);
    clock += 1_000;
    await edit(ann, 1, 'hello!');
    expect((await history())[0]).toMatchObject({ text: 'hello!', rev: 2 });
    expect((await roomOf(ben2)).lastMessage).toMatchObject({ text: 'hello!' });
    const earlier = [
      { text: 'helo', writtenAt: new Date(first - 1_000).toISOString() },
      { text: 'hello', writtenAt: new Date(first).toISOString() },
    ];
    expect((await edits(ben2, 1)).body).toEqual(earlier);
    expect(await edits(eve, 1)).toMatchObject({ status: 403, body: { code: 'NOT_A_PARTICIPANT' } });
    expect(await edits(ann, 2)).toMatchObject({ status: 404, body: { code: 'MESSAGE_NOT_FOUND' } });
  });
  test('when an earlier attempt died between its two writes, then its text is not taken for one that was shown', async () => {
    await send('one');
    const [{ _id }] = await history();
    const ids = { chatRoomId: new Types.ObjectId(chatRoomId), messageId: new Types.ObjectId(_id as string) };
    const leftover = (version: number, text: string) => ({ ...ids, version, text, writtenAt: new Date(clock) });
    await chat.database.collection('earlier_texts').insertMany([leftover(0, 'one'), leftover(1, 'never shown')]);
    expect((await edits(ann, 1)).body).toEqual([]);
    await edit(ann, 1, 'two');
    await edit(ann, 1, 'three');
    expect((await edits(ann, 1)).body.map(({ text }: any) => text)).toEqual(['one', 'two']);
  });
  test('when another user edits, the time is over or the message was edited 50 times, then it is refused', async () => {
    await send('mine');
    expect(await edit(ben2, 1, 'yours')).toMatchObject({ status: 403, body: { code: 'NOT_THE_SENDER' } });
    const outcomes = await changes(Array.from({ length: 51 }, (_, n) => ({ kind: 'edit', chatRoomId, userId: ann, seq: 1, text: `${n}` })));
    expect(outcomes.map(({ ok }) => ok)).toEqual(Array.from({ length: 51 }, (_, n) => n < 50));
    expect(outcomes[50].error.code).toBe('EDIT_LIMIT');
    expect((await edits(ann, 1)).body).toHaveLength(50);
    clock += 901_000;
    expect(await edit(ann, 1, 'late')).toMatchObject({ status: 403, body: { code: 'EDIT_WINDOW_CLOSED' } });
    // A repeat of the edit that is in force.
    expect((await edit(ann, 1, '49')).status).toBe(200);
  });
  test('when a send is repeated after its message was edited, then it is the same message; another one is a conflict', async () => {
    const sent = await send('helo', { clientMessageId: 'c' });
    await edit(ann, 1, 'hello');
    expect(await send('helo', { clientMessageId: 'c' })).toMatchObject({ _id: sent._id, text: 'hello' });
    expect(await send('hello', { clientMessageId: 'c' })).toMatchObject({ code: 'CLIENT_MESSAGE_ID_REUSED' });
    expect(await send('helo', { clientMessageId: 'c', replyTo: 1 })).toMatchObject({ code: 'CLIENT_MESSAGE_ID_REUSED' });
  });
});

describe('replies', () => {
  test('when a message answers another one, then it carries who said what; an unknown number is refused', async () => {
    await send(`${'😀'.repeat(200)}`);
    const reply = await send('yes', { replyTo: 1 }, ben2);
    const quote = { seq: 1, senderId: ann, excerpt: '😀'.repeat(140) };
    expect(reply).toMatchObject({ seq: 2, replyTo: quote });
    expect((await history())[1].replyTo).toEqual(quote);
    expect(await send('what', { replyTo: 9 })).toMatchObject({ status: 404, code: 'MESSAGE_NOT_FOUND' });
    expect(await send('what', { replyTo: 0 })).toMatchObject({ status: 400 });
    // A refused send does not keep the rest of its batch from being stored.
    const { body } = await chat.callInternal('/messages', {
      messages: [
        { chatRoomId, senderId: ann, text: 'a' },
        { chatRoomId, senderId: ann, text: 'b', replyTo: 77 },
        { chatRoomId, senderId: ann, text: 'c', replyTo: 2 },
      ],
    });
    expect(body.results.map(({ ok, message }: any) => (ok ? message.seq : 'refused'))).toEqual([3, 'refused', 4]);
    expect(body.results[2].message.replyTo).toMatchObject({ seq: 2, senderId: ben2, excerpt: 'yes' });
  });
});

describe('who may', () => {
  test('when a stranger changes, or the room or the message does not exist, then it is refused and nothing changes', async () => {
    await send('hello');
    const on = { emoji: '👍', on: true };
    expect(await react(eve, 1, on)).toMatchObject({ status: 403, body: { code: 'NOT_A_PARTICIPANT' } });
    expect(await edit(eve, 1, 'x')).toMatchObject({ status: 403, body: { code: 'NOT_A_PARTICIPANT' } });
    expect(await react(ann, 2, on)).toMatchObject({ status: 404, body: { code: 'MESSAGE_NOT_FOUND' } });
    expect(await chat.call('POST', `/api/chat/messages/${GHOST}/1/reactions`, ann, on)).toMatchObject({ status: 404 });
    for (const seq of ['0', '-1', '1.5', 'x', '99999999999999999999', '$gt']) expect((await react(ann, seq, on)).status).toBe(400);
    expect((await react(ann, 1, { emoji: '👍' })).status).toBe(400);
    expect((await react(ann, 1, { emoji: '👍', on: true, userId: ben2 })).status).toBe(400);
    expect((await history())[0].rev).toBeUndefined();
  });
});

describe('resume', () => {
  test('when a device was away, then it gets each changed message once, as it is now, and nothing at the next time', async () => {
    for (const text of ['one', 'two', 'three']) await send(text);
    await react(ann, 1, { emoji: '👍', on: true });
    const point = { chatRoomId, afterSeq: 3, afterRev: 1 };
    expect(await resume([point])).toBeUndefined();
    await react(ben2, 1, { emoji: '🎉', on: true });
    await edit(ann, 2, 'second');
    await react(ann, 1, { emoji: '👍', on: false });
    const room = await resume([point]);
    expect(room).toMatchObject({ lastRev: 4, reset: false, messages: [] });
    expect(room.changed.map(({ seq, rev }: any) => [seq, rev])).toEqual([
      [2, 3],
      [1, 4],
    ]);
    expect(room.changed[1].reactions).toEqual([{ emoji: '🎉', userIds: [ben2] }]);
    expect(await resume([{ ...point, afterRev: 4 }])).toBeUndefined();
    // A client that does not follow changes gets what it always got.
    expect(await resume([{ chatRoomId, afterSeq: 3 }])).toBeUndefined();
    expect(await resume([{ chatRoomId, afterSeq: 2 }])).toMatchObject({ changed: [], messages: [{ seq: 3 }] });
    // Changed messages above the point are among the messages.
    expect(await resume([{ chatRoomId, afterSeq: 1, afterRev: 1 }])).toMatchObject({
      messages: [{ seq: 2, text: 'second' }, { seq: 3 }],
      changed: [{ seq: 1 }],
    });
    expect(await resume([{ ...point, afterRev: 99 }])).toMatchObject({ reset: true, lastRev: 4, messages: [{}, {}, {}] });
  });
  test('when more changed than fits, then the room starts afresh', async () => {
    const texts = Array.from({ length: 201 }, (_, n) => ({ chatRoomId, senderId: ann, text: `${n}` }));
    await chat.callInternal('/messages', { messages: texts });
    await changes(texts.map((_, n) => ({ kind: 'react', chatRoomId, userId: ann, seq: n + 1, emoji: '👍', on: true })));
    const room = await resume([{ chatRoomId, afterSeq: 201, afterRev: 0 }]);
    expect(room).toMatchObject({ reset: true, changed: [], lastRev: 201 });
    expect(room.messages).toHaveLength(50);
    expect(await resume([{ chatRoomId, afterSeq: 201, afterRev: 1 }])).toMatchObject({ reset: false, lastRev: 201 });
  });
  test('when a process died with a number that it never wrote, then the next change goes on after it, and pages are never thought newer', async () => {
    await send('hello');
    await react(ann, 1, { emoji: '👍', on: true });
    const rooms = chat.database.collection('rooms');
    await rooms.updateOne({ _id: new Types.ObjectId(chatRoomId) }, { $set: { lastRev: 2, settledRev: 1 } });
    expect(await resume([{ chatRoomId, afterSeq: 1, afterRev: 1 }])).toMatchObject({ lastRev: 1, changed: [] });
    expect((await roomOf()).lastRev).toBe(1);
    expect((await react(ann, 1, { emoji: '🎉', on: true })).body).toMatchObject({ rev: 3 });
    expect(await resume([{ chatRoomId, afterSeq: 1, afterRev: 1 }])).toMatchObject({ lastRev: 3, changed: [{ rev: 3 }] });
  }, 20_000);
});

describe('delivered marks', () => {
  const mark = (userId: string, rooms: object[]) => chat.call('POST', '/api/chat/delivered', userId, { rooms });
  test('when a device has received, then the other one gets to know once, never back and never past the last message', async () => {
    await send('one');
    await send('two');
    expect((await mark(ben2, [{ chatRoomId, seq: 1 }])).status).toBe(204);
    await waitFor(() => pushed.some(({ event }) => event === 'room_delivered'));
    await mark(ben2, [{ chatRoomId, seq: 1 }]);
    expect((await roomOf()).othersDeliveredSeq).toBe(1);
    await mark(ben2, [{ chatRoomId, seq: 99 }]);
    await mark(ben2, [{ chatRoomId, seq: 1 }]);
    expect(await roomOf()).toMatchObject({ othersDeliveredSeq: 2, othersReadSeq: 0 });
    await waitFor(() => pushed.filter(({ event }) => event === 'room_delivered').length === 2);
    expect(pushed.filter(({ event }) => event === 'room_delivered')).toEqual(
      [1, 2].map((deliveredSeq) => ({ event: 'room_delivered', userIds: [ann], payload: { chatRoomId, userId: ben2, deliveredSeq } })),
    );
  });
  test('when a stranger marks, or for no room, then it is refused; too many and malformed ones, too', async () => {
    await send('one');
    expect(await mark(eve, [{ chatRoomId, seq: 1 }])).toMatchObject({ status: 403 });
    expect(await mark(ann, [{ chatRoomId: GHOST, seq: 1 }])).toMatchObject({ status: 404 });
    for (const rooms of [[], [{ chatRoomId, seq: -1 }], [{ chatRoomId }], Array.from({ length: 101 }, () => ({ chatRoomId, seq: 1 }))])
      expect((await mark(ann, rooms)).status).toBe(400);
    expect((await roomOf(ben2)).othersDeliveredSeq).toBe(1);
  });
  test('when one of two hides the marks, then neither sees those of the other', async () => {
    await send('one');
    await chat.publishEvent('USER_CHANGED', `hide ${ben2}`, {
      userId: ben2,
      name: 'Other',
      privacy: { readReceipts: false, presence: true },
    });
    await mark(ben2, [{ chatRoomId, seq: 1 }]);
    const { body } = await chat.callInternal('/read', { chatRoomId, userId: ben2, seq: 1 });
    expect(body).toMatchObject({ moved: true, participants: [ben2] });
    await send('two', {}, ben2);
    await send('three');
    await chat.callInternal('/read', { chatRoomId, userId: ann, seq: 3 });
    for (const userId of [ann, ben2]) expect(await roomOf(userId)).toMatchObject({ othersReadSeq: 0, othersDeliveredSeq: 0 });
    expect(pushed.filter(({ event }) => event === 'room_delivered')).toEqual([]);
    expect(await roomOf(ben2)).toMatchObject({ readSeq: 2, unreadCount: 1 });
  });
});
