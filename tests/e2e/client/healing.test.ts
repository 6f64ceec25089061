import { createLinsta, createMemoryOutbox, type Linsta } from '@linsta/client';
import { createRandom, waitFor } from '@linsta/testing';
import { startProduct, type Person, type Product } from '../../support/product';
import { createFrameProxy } from '../../chaos/client/frame-proxy';

/**
 * Every state that is pushed, with all pushes of the server lost for a while on a connection that
 * lives on.
 */

const RESYNC_EVERY_MS = 2_000;

let product: Product;
let ann: Person;
let ben: Person;
let proxy: Awaited<ReturnType<typeof createFrameProxy>>;
let linsta: Linsta;
let chatRoomId: string;
beforeAll(async () => {
  product = await startProduct();
});
afterAll(() => product.stop());
beforeEach(async () => {
  [ann, ben] = (await Promise.all(['Ann', 'Ben'].map((name) => product.register(name)))) as [Person, Person];
  chatRoomId = (await product.call('POST', '/api/chat/rooms', ann.token, { otherUserId: ben._id })).body.chatRoomId;
  proxy = await createFrameProxy({ port: Number(new URL(product.url).port) }, createRandom(1));
});
afterEach(async () => {
  linsta.close();
  await proxy.close();
});

const connect = async () => {
  linsta = createLinsta({
    url: `http://127.0.0.1:${proxy.port}`,
    token: ann.token,
    outbox: createMemoryOutbox(),
    transports: ['websocket'],
    resyncEveryMs: RESYNC_EVERY_MS,
    // A lost acknowledgement must not lead to a reconnect, which would heal everything.
    deadlineMs: 60_000,
  });
  linsta.connect();
  await waitFor(() => linsta.connection.get().status === 'online', 'being online');
  await waitFor(() => linsta.rooms.get().status === 'ready' && linsta.notifications.get().status === 'ready', 'the lists');
  let connects = 0;
  linsta.connection.subscribe(() => (connects += linsta.connection.get().status === 'online' ? 1 : 0));
  return { connects: () => connects };
};
/**
 * Drops what the server pushes while `work` runs, between two resyncs: no acknowledgement is lost.
 */
const whilePushesAreLost = async (work: () => Promise<unknown>) => {
  proxy.faults({ drop: 1, dropEventsOnly: true });
  const before = proxy.counts.dropped;
  await work();
  await waitFor(() => proxy.counts.dropped > before, 'a lost push');
  proxy.faults({});
};

test('when the push that a user came online is lost, then presence corrects itself on the same connection', async () => {
  const { connects } = await connect();
  const presence = linsta.presence([ben._id]);
  presence.subscribe(() => undefined);
  await waitFor(() => presence.get()[ben._id]?.status === 'offline', 'the snapshot');
  const device = product.device(ben.token);
  await whilePushesAreLost(() => device.connected);
  await waitFor(() => presence.get()[ben._id]?.status === 'online', 'presence', 15_000);
  expect(connects()).toBe(0);
});

test('when the pushes of messages and read marks are lost, then room list, messages and unread numbers correct themselves', async () => {
  const { connects } = await connect();
  const room = linsta.messages(chatRoomId);
  room.subscribe(() => undefined);
  await waitFor(() => room.get().status === 'ready', 'the messages');
  const sent = (await product.call('POST', `/api/chat/messages/${chatRoomId}`, ann.token, { text: 'mine' })).body;
  await waitFor(() => room.get().lastSeq === sent.seq, 'the own message');
  await whilePushesAreLost(async () => {
    await product.call('POST', `/api/chat/rooms/${chatRoomId}/read`, ben.token, { seq: sent.seq });
    await product.call('POST', `/api/chat/messages/${chatRoomId}`, ben.token, { text: 'an answer' });
  });
  await waitFor(() => room.get().messages.at(-1)?.text === 'an answer', 'the message', 15_000);
  await waitFor(() => room.get().othersReadSeq === 2 && linsta.rooms.get().unread === 1, 'marks and numbers', 15_000);
  await whilePushesAreLost(() => product.call('POST', `/api/chat/rooms/${chatRoomId}/read`, ann.token, { seq: 2 }));
  await waitFor(() => linsta.rooms.get().unread === 0 && room.get().readSeq === 2, 'the own reading on another device', 15_000);
  expect(connects()).toBe(0);
});

test('when the pushes of notifications and their readings are lost, then list and number correct themselves', async () => {
  const { connects } = await connect();
  const post = (await product.call('POST', '/api/posts', ann.token, { text: 'mine' })).body;
  await whilePushesAreLost(async () => {
    await product.call('POST', `/api/posts/${post._id}/like`, ben.token);
    await product.call('POST', `/api/posts/${post._id}/comments`, ben.token, { text: 'nice' });
  });
  const shows = (rows: number, unread: number) => {
    const { notifications, unread: counted } = linsta.notifications.get();
    return notifications.length === rows && counted === unread;
  };
  await waitFor(() => shows(2, 2), 'the notifications', 15_000);
  const [first] = linsta.notifications.get().notifications;
  await whilePushesAreLost(() => product.call('PATCH', `/api/notifications/${first!._id}/read`, ann.token));
  await waitFor(() => linsta.notifications.get().notifications.filter(({ isRead }) => isRead).length === 1, 'the reading', 15_000);
  await waitFor(() => shows(2, 1), 'the number', 15_000);
  expect(connects()).toBe(0);
});
