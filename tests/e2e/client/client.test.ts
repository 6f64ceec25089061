import {
  createLinsta,
  createMemoryOutbox,
  createSession,
  LinstaError,
  type Linsta,
  type LinstaOptions,
  type SentMessage,
} from '@linsta/client';
import { createFaultProxy, waitFor } from '@linsta/testing';
import { startProduct, type Person, type Product } from '../../support/product';

let product: Product;
let ann: Person;
let ben: Person;
let eve: Person;
let chatRoomId: string;
const open: Linsta[] = [];
beforeAll(async () => {
  product = await startProduct();
});
afterAll(() => product.stop());
beforeEach(async () => {
  [ann, ben, eve] = (await Promise.all(['Ann', 'Ben', 'Eve'].map((name) => product.register(name)))) as [Person, Person, Person];
  chatRoomId = (await product.call('POST', '/api/chat/rooms', ann.token, { otherUserId: ben._id })).body.chatRoomId;
});
afterEach(() => open.splice(0).forEach((linsta) => linsta.close()));

const clientOf = async (person: Person, options: Partial<LinstaOptions> = {}) => {
  const linsta = createLinsta({
    url: product.url,
    token: person.token,
    outbox: createMemoryOutbox(),
    transports: ['websocket'],
    ...options,
  });
  open.push(linsta);
  linsta.connect();
  await waitFor(() => linsta.connection.get().status === 'online', 'being online');
  await waitFor(() => linsta.rooms.get().status === 'ready', 'the rooms');
  return linsta;
};
/** Shows a room as a page would. */
const shown = async (linsta: Linsta, id = chatRoomId) => {
  const messages = linsta.messages(id);
  messages.subscribe(() => undefined);
  await waitFor(() => messages.get().status === 'ready', 'the messages');
  return messages;
};
const texts = (messages: { get(): { messages: { text: string; status: string }[] } }) =>
  messages.get().messages.map(({ text, status }) => `${text} ${status}`);

test('when one sends, then it is shown at once as sending, then as sent, and arrives at every device of both', async () => {
  const [hers, hers2, his] = [await clientOf(ann), await clientOf(ann), await clientOf(ben)];
  const rooms = [await shown(hers), await shown(hers2), await shown(his)] as const;
  const key = rooms[0].send('hello');
  expect(texts(rooms[0])).toEqual(['hello sending']);
  for (const room of rooms) await waitFor(() => texts(room).join() === 'hello sent', 'the message everywhere');
  expect(rooms[0].get().messages[0]).toMatchObject({ key, seq: 1, senderId: ann._id, senderName: 'Ann' });
  expect(his.rooms.get()).toMatchObject({
    unread: 1,
    rooms: [{ _id: chatRoomId, unreadCount: 1, lastMessage: { text: 'hello' }, other: { name: 'Ann' } }],
  });
  await rooms[2].markRead();
  await waitFor(() => his.rooms.get().unread === 0 && rooms[0].get().othersReadSeq === 1, 'the read mark on both sides');
});

test('when one was cut off, then what was typed meanwhile waits in order and what was missed is fetched, each once', async () => {
  const [hers, his] = [await clientOf(ann), await clientOf(ben)];
  const [mine, theirs] = [await shown(hers), await shown(his)];
  hers.goOffline();
  await waitFor(() => hers.connection.get().status === 'offline', 'being offline');
  for (let n = 1; n <= 5; n += 1) mine.send(`typed ${n}`);
  for (let n = 1; n <= 5; n += 1) {
    theirs.send(`missed ${n}`);
    await waitFor(() => theirs.get().messages.filter(({ status }) => status === 'sent').length === n, 'his message being stored');
  }
  expect(hers.connection.get()).toEqual({ status: 'offline', waiting: 5 });
  hers.goOnline();
  const expected = [...[1, 2, 3, 4, 5].map((n) => `missed ${n} sent`), ...[1, 2, 3, 4, 5].map((n) => `typed ${n} sent`)];
  for (const room of [mine, theirs]) await waitFor(() => JSON.stringify(texts(room)) === JSON.stringify(expected), 'both holding all');
  expect(hers.connection.get()).toEqual({ status: 'online', waiting: 0 });
});

test('when the other reads while one is away, then the mark is there after coming back, and so is what one read on another device', async () => {
  const [hers, hers2, his] = [await clientOf(ann), await clientOf(ann), await clientOf(ben)];
  const [mine, theirs] = [await shown(hers), await shown(his)];
  mine.send('read this');
  await waitFor(() => texts(theirs).join() === 'read this sent', 'the message');
  await product.call('POST', `/api/chat/messages/${chatRoomId}`, ben.token, { text: 'and this' });
  await waitFor(() => hers.rooms.get().unread === 1, 'the answer');
  hers.goOffline();
  await theirs.markRead();
  await (await shown(hers2)).markRead();
  hers.goOnline();
  await waitFor(() => hers.rooms.get().unread === 0, 'what was read on the other device');
  expect(mine.get()).toMatchObject({ readSeq: 2, othersReadSeq: 2 });
});

test.each(['websocket', 'polling'] as const)(
  'when the network falls silent under %s without a word, then it is noticed by the missing answer, and what was typed arrives once',
  async (transport) => {
    const network = await createFaultProxy({ target: { port: Number(new URL(product.url).port) } });
    try {
      const hers = await clientOf(ann, { url: network.url, transports: [transport], deadlineMs: 1_000 });
      const room = await shown(hers);
      network.mode('silent');
      room.send('into the silence');
      await waitFor(() => hers.connection.get().status === 'offline', 'noticing');
      network.heal();
      await waitFor(() => texts(room).join() === 'into the silence sent', 'the message', 30_000);
      const { body } = await product.call('GET', `/api/chat/messages/${chatRoomId}`, ben.token);
      expect(body.map(({ text }: any) => text)).toEqual(['into the silence']);
    } finally {
      await network.close();
    }
  },
  60_000,
);

test('when a message can never be sent, then it ends as failed with the reason, and those behind it are sent', async () => {
  const theirs = (await product.call('POST', '/api/chat/rooms', ben.token, { otherUserId: eve._id })).body.chatRoomId;
  const outbox = createMemoryOutbox();
  const hers = await clientOf(ann, { outbox });
  const room = await shown(hers);
  expect(() => room.send('   ')).toThrow(LinstaError);
  expect(() => room.send('a'.repeat(4_001))).toThrow(LinstaError);
  const foreign = hers.messages(theirs);
  const key = foreign.send('let me in');
  room.send('fine');
  await waitFor(() => texts(room).join() === 'fine sent', 'the good one');
  await waitFor(() => foreign.get().messages[0]?.status === 'failed', 'the bad one');
  expect(foreign.get().messages[0]).toMatchObject({ key, error: { message: 'User not a participant' } });
  expect(await outbox.load(ann._id)).toHaveLength(1);
  foreign.discard(key);
  expect(foreign.get().messages).toEqual([]);
});

test('when the client starts again with the same outbox, then what waited is sent under its old identity', async () => {
  const outbox = createMemoryOutbox();
  const first = await clientOf(ann, { outbox });
  first.goOffline();
  first.messages(chatRoomId).send('before the reload');
  await waitFor(async () => (await outbox.load(ann._id)).length === 1, 'the message being kept');
  const [{ clientMessageId } = { clientMessageId: '' }] = await outbox.load(ann._id);
  first.close();
  const second = await clientOf(ann, { outbox });
  const room = await shown(second);
  await waitFor(() => texts(room).join() === 'before the reload sent', 'the message being sent');
  expect(room.get().messages[0]).toMatchObject({ clientMessageId });
});

test('when a room holds 300 messages, then the newest page comes first and older ones are paged in without a gap', async () => {
  const his = await clientOf(ben);
  const theirs = await shown(his);
  for (let n = 1; n <= 300; n += 1) await product.call('POST', `/api/chat/messages/${chatRoomId}`, ann.token, { text: `m${n}` });
  await waitFor(() => theirs.get().lastSeq === 300, 'all arriving live');
  expect(theirs.get().messages.map(({ seq }) => seq)).toEqual(Array.from({ length: 300 }, (_, n) => n + 1));
  const late = await clientOf(ann);
  const room = await shown(late);
  expect(room.get()).toMatchObject({ hasOlder: true, lastSeq: 300 });
  expect(room.get().messages).toHaveLength(50);
  while (room.get().hasOlder) await room.loadOlder();
  expect(room.get().messages.map(({ text }) => text)).toEqual(Array.from({ length: 300 }, (_, n) => `m${n + 1}`));
}, 90_000);

test('when notifications arrive, then they are in the inbox with the unread count of the server, live and after being away; reading agrees on both devices', async () => {
  const [one, two] = [await clientOf(ann), await clientOf(ann)];
  const post = await one.call('POST /api/posts', { body: { text: 'mine' } });
  await product.call('POST', `/api/posts/${post._id}/like`, ben.token);
  for (const device of [one, two]) await waitFor(() => device.notifications.get().unread === 1, 'the first notification');
  two.goOffline();
  await product.call('POST', `/api/posts/${post._id}/comments`, ben.token, { text: 'nice' });
  await waitFor(() => one.notifications.get().unread === 2, 'the second notification');
  two.goOnline();
  await waitFor(
    () => two.notifications.get().unread === 2 && two.notifications.get().notifications.length === 2,
    'the missed notification',
  );
  expect(two.notifications.get().notifications.map(({ message }) => message)).toEqual([
    'Ben commented on your post',
    'Ben liked your post',
  ]);
  await one.notifications.markAllRead();
  for (const device of [one, two]) {
    await waitFor(() => device.notifications.get().unread === 0, 'both being read');
    expect(device.notifications.get().notifications.every(({ isRead }) => isRead)).toBe(true);
  }
});

test('when a user connects and disconnects, then watching users see it, also after a cut', async () => {
  const hers = await clientOf(ann);
  const presence = hers.presence([ben._id]);
  const stop = presence.subscribe(() => undefined);
  await waitFor(() => presence.get()[ben._id]?.status === 'offline', 'the snapshot');
  const his = await clientOf(ben);
  await waitFor(() => presence.get()[ben._id]?.status === 'online', 'coming');
  hers.goOffline();
  his.close();
  hers.goOnline();
  await waitFor(() => presence.get()[ben._id]?.status === 'offline', 'going');
  stop();
  expect(presence.get()).toEqual({ [ben._id]: expect.objectContaining({ status: 'offline' }) });
});

test('when a token is renewed, then the open socket goes on with it; when the session is signed out, then it says refused', async () => {
  const session = createSession({ url: product.url, storage: 'memory' });
  await session.login({ email: ann.email, password: 'correct horse' });
  expect(session.get()).toMatchObject({ status: 'signed-in', user: { name: 'Ann' } });
  const tokens = new Set<string>();
  const linsta = await clientOf(ann, {
    token: undefined as never,
    getToken: async (options) => {
      const token = await session.getToken(options);
      tokens.add(token);
      return token;
    },
  });
  const [a, b] = await Promise.all([session.getToken({ force: true }), session.getToken({ force: true })]);
  expect(a).toBe(b);
  expect((await linsta.call('GET /api/users/me')).name).toBe('Ann');
  await session.updateProfile({ name: 'Anna' });
  expect(session.get().user?.name).toBe('Anna');
  await session.logout();
  expect(session.get()).toEqual({ status: 'signed-out' });
  await waitFor(() => linsta.connection.get().status === 'refused', 'being refused', 10_000);
  await expect(session.getToken()).rejects.toMatchObject({ code: 'SIGNED_OUT' });
});

test('when a call is refused, then the error carries the code, the status and the fields', async () => {
  const linsta = createLinsta({ url: product.url, token: ann.token });
  const refusal = await linsta.call('POST /api/posts', { body: { text: '' } }).catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(LinstaError);
  expect(refusal).toMatchObject({ code: 'BAD_REQUEST', status: 400, retryable: false, errors: [{ path: 'text' }] });
  const unreachable = createLinsta({ url: 'http://127.0.0.1:1', token: ann.token });
  await expect(unreachable.call('POST /api/posts', { body: { text: 'a' } })).rejects.toMatchObject({ code: 'NETWORK', retryable: true });
});

test('when one types, then the other sees it until it ends, is sent, or the connection is lost; oneself does not', async () => {
  const [hers, his] = [await clientOf(ann), await clientOf(ben)];
  await shown(his);
  const seen = his.typing(chatRoomId);
  const own = hers.typing(chatRoomId);
  hers.typing(chatRoomId).set(true);
  await waitFor(() => seen.get().join() === ann._id, 'the typing');
  hers.typing(chatRoomId).set(false);
  await waitFor(() => seen.get().length === 0, 'the end of it');
  await waitFor(() => (hers.typing(chatRoomId).set(true), seen.get().length === 1), 'typing again');
  (await shown(hers)).send('done');
  await waitFor(() => seen.get().length === 0, 'the end by the message');
  expect(own.get()).toEqual([]);
});

describe('changes', () => {
  const shownOf = (messages: {
    get(): { messages: readonly { text: string; status: string; reactions?: readonly { emoji: string; userIds: string[] }[] }[] };
  }) =>
    messages
      .get()
      .messages.map(({ text, reactions = [] }) => [text, ...reactions.map(({ emoji, userIds }) => `${emoji}${userIds.length}`)].join(' '));

  test('when one reacts, replies and edits, then it is shown at once and arrives at every device of both', async () => {
    const [hers, hers2, his] = [await clientOf(ann), await clientOf(ann), await clientOf(ben)];
    const rooms = [await shown(hers), await shown(hers2), await shown(his)] as const;
    rooms[0].send('helo');
    for (const room of rooms) await waitFor(() => texts(room).join() === 'helo sent', 'the message everywhere');
    rooms[2].react(1, '👍', true);
    expect(shownOf(rooms[2])).toEqual(['helo 👍1']);
    rooms[0].edit(1, 'hello');
    expect(shownOf(rooms[0])[0]).toMatch(/^hello/);
    const [first] = rooms[2].get().messages;
    rooms[2].send('yes', { replyTo: first as SentMessage });
    for (const room of rooms) await waitFor(() => shownOf(room).join() === 'hello 👍1,yes', 'the changes everywhere');
    expect(rooms[1].get().messages).toMatchObject([
      { rev: 2, editedAt: expect.any(String) },
      { replyTo: { seq: 1, senderId: ann._id, excerpt: expect.stringMatching(/^hell?o$/) } },
    ]);
    rooms[2].edit(2, 'yes!');
    await waitFor(() => hers.rooms.get().rooms[0]?.lastMessage?.text === 'yes!', 'the new text in the list of rooms');
    expect(() => rooms[0].edit(1, '  ')).toThrow('Message text empty');
  });
  test('when a device was cut off while messages changed, then it shows their present state, its own changes included', async () => {
    const [hers, his] = [await clientOf(ann), await clientOf(ben)];
    const [her, him] = [await shown(hers), await shown(his)] as const;
    for (const text of ['one', 'two', 'three']) her.send(text);
    await waitFor(() => texts(him).length === 3 && texts(her).every((text) => text.endsWith('sent')), 'the messages');
    her.react(1, '👍', true);
    await waitFor(() => shownOf(him)[0] === 'one 👍1', 'the first reaction');
    his.goOffline();
    her.react(1, '👍', false);
    her.react(2, '🎉', true);
    her.edit(3, 'third');
    await waitFor(() => her.get().messages.every((message) => message.status === 'sent' && message.edit === undefined), 'the edit');
    him.react(2, '🎉', true);
    him.react(1, '🔥', true);
    him.react(1, '🔥', false);
    expect(shownOf(him)).toEqual(['one 👍1', 'two 🎉1', 'three']);
    his.goOnline();
    for (const room of [her, him]) await waitFor(() => shownOf(room).join() === 'one,two 🎉2,third', 'the same on both sides', 10_000);
  });
  test('when a change is refused for good, then a reaction is taken back, and an edit is kept beside the message', async () => {
    const hers = await clientOf(ann);
    const her = await shown(hers);
    await product.call('POST', `/api/chat/messages/${chatRoomId}`, ben.token, { text: 'his' });
    await waitFor(() => texts(her).length === 1, 'the message');
    her.edit(1, 'mine');
    await waitFor(
      () => her.get().messages[0]?.status === 'sent' && (her.get().messages[0] as SentMessage).edit?.error !== undefined,
      'the refusal',
    );
    expect(her.get().messages[0]).toMatchObject({ text: 'his', edit: { text: 'mine', error: { code: 'NOT_THE_SENDER' } } });
    her.discardEdit(1);
    expect(her.get().messages[0]).not.toHaveProperty('edit');
    her.react(1, 'no emoji', true);
    expect(shownOf(her)).toEqual(['his no emoji1']);
    await waitFor(() => shownOf(her).join() === 'his', 'the reaction being taken back');
  });
  test('when a message arrives on a device, then the sender sees it as delivered, and as read only when it is', async () => {
    const [hers, his] = [await clientOf(ann), await clientOf(ben)];
    const her = await shown(hers);
    her.send('hello');
    await waitFor(() => her.get().othersDeliveredSeq === 1, 'the delivered mark');
    expect(her.get().othersReadSeq).toBe(0);
    await waitFor(() => hers.rooms.get().rooms[0]?.othersDeliveredSeq === 1, 'the mark in the list of rooms');
    his.close();
    her.send('are you there?');
    await waitFor(() => texts(her)[1] === 'are you there? sent', 'the second message');
    expect(her.get().othersDeliveredSeq).toBe(1);
    await clientOf(ben);
    await waitFor(() => her.get().othersDeliveredSeq === 2, 'the mark of a device that comes back');
  });
});
