import { EventEmitter } from 'node:events';
import type { Notification, Room } from '@linsta/contracts';
import type { Connection } from '../src/connection/types.js';
import type { Call } from '../src/http/types.js';
import { createNotifications } from '../src/notifications/notifications.js';
import { createPresence } from '../src/presence/presence.js';
import { createRooms } from '../src/rooms/rooms.js';

/** Requests in order; each is answered when the test says so. */
function createServerStub() {
  const open: { name: string; answer(value: unknown): void }[] = [];
  const request = (name: string) => new Promise<never>((resolve) => open.push({ name, answer: resolve }));
  const answer = async (name: string, value: unknown) => {
    const at = open.findIndex((entry) => entry.name === name);
    if (at === -1) throw new Error(`${name} was not requested, but ${open.map((entry) => entry.name).join()}`);
    open.splice(at, 1)[0]?.answer(value);
    await nextTurn();
  };
  return { request, answer };
}
const nextTurn = () => new Promise((resolve) => setImmediate(resolve));
const id = (n: number) => n.toString(16).padStart(24, '0');

describe('answers that cross with pushed changes', () => {
  test('when a person’s going offline is pushed before an older snapshot is answered, then the person stays offline', async () => {
    const { request, answer } = createServerStub();
    const socket = new EventEmitter();
    const connection = {
      socket,
      request: (event: string) => request(event),
      online: () => true,
      onOnline: () => undefined,
      retryWhileConnected: (work: () => Promise<unknown>) => void work(),
    };
    const presence = createPresence(connection as unknown as Connection).of([id(1), id(2)]);
    presence.subscribe(() => undefined);
    await nextTurn();
    socket.emit('presence', { userId: id(1), status: 'offline', lastSeenAt: '2026-01-01T00:00:01.000Z' });
    await answer('presence_subscribe', {
      presence: [1, 2].map((n) => ({ userId: id(n), status: 'online', lastSeenAt: '2026-01-01T00:00:00.000Z' })),
    });
    expect(Object.values(presence.get()).map(({ status }) => status)).toEqual(['offline', 'online']);
  });

  describe('notifications', () => {
    const notification = (n: number, isRead = false): Notification => ({
      _id: id(n),
      userId: id(100),
      type: 'LIKE',
      message: `notification ${n}`,
      referenceId: id(200),
      actorId: id(300),
      isRead,
      createdAt: '2026-01-01T00:00:00.000Z',
      version: 1,
      actor: { _id: id(300), name: 'Ann', avatarUrl: null },
      reference: { id: id(200) },
      count: 1,
    });
    const createList = () => {
      const server = createServerStub();
      const call = server.request as unknown as Call;
      return { ...server, notifications: createNotifications({ call, markAllRead: () => Promise.resolve() }) };
    };
    beforeEach(() => jest.useFakeTimers({ doNotFake: ['setImmediate'] }));
    afterEach(() => jest.useRealTimers());

    test('when one is read while the list is on its way, then it stays read, and the number is requested again', async () => {
      const { notifications, answer } = createList();
      void notifications.load();
      notifications.received(notification(1));
      notifications.wasRead({ ids: [id(1)], unread: 0 });
      await answer('GET /api/notifications/unread-count', { unread: 1 });
      await answer('GET /api/notifications', [notification(1)]);
      expect(notifications.get()).toMatchObject({ status: 'ready', unread: 0, notifications: [{ isRead: true }] });
      jest.advanceTimersByTime(300);
      await answer('GET /api/notifications/unread-count', { unread: 0 });
      expect(notifications.get().unread).toBe(0);
    });

    test('when one arrives while what was missed is on its way, then neither is lost and the number is the server’s', async () => {
      const { notifications, answer } = createList();
      const { after, answered } = notifications.resuming();
      expect(after).toBeUndefined();
      notifications.received(notification(2));
      answered([notification(1)], 1, false);
      expect(notifications.get().notifications.map(({ _id }) => _id)).toEqual([id(2), id(1)]);
      jest.advanceTimersByTime(300);
      await answer('GET /api/notifications/unread-count', { unread: 2 });
      expect(notifications.get().unread).toBe(2);
    });

    test('when the reports of two readings come in the wrong order, then the number is the server’s in the end', async () => {
      const { notifications, answer } = createList();
      notifications.wasRead({ ids: [id(2)], unread: 3 });
      notifications.wasRead({ ids: [id(1)], unread: 4 });
      jest.advanceTimersByTime(300);
      await answer('GET /api/notifications/unread-count', { unread: 3 });
      expect(notifications.get().unread).toBe(3);
    });
  });

  describe('rooms of which only some are held', () => {
    const PAGE = 50;
    const room = (n: number, lastSeq: number): Room => ({
      _id: id(n),
      participants: [
        { _id: id(100), name: 'Ann', email: null },
        { _id: id(n + 1_000), name: `Ben ${n}`, email: null },
      ],
      lastSeq,
      readSeq: 0,
      othersReadSeq: 0,
      othersDeliveredSeq: 0,
      lastRev: 0,
      unreadCount: lastSeq,
      lastMessage: null,
      createdAt: '2026-01-01T00:00:00.000Z',
      updatedAt: '2026-01-01T00:00:00.000Z',
    });
    const message = (n: number, seq: number) => ({
      _id: id(5_000 + seq),
      chatRoomId: id(n),
      senderId: id(n + 1_000),
      sender: { _id: id(n + 1_000), name: `Ben ${n}`, email: null },
      text: 'hello',
      seq,
      createdAt: '2026-01-02T00:00:00.000Z',
    });
    /** Fifty rooms with nothing unread are held; elsewhere there are two unread. */
    const createRoomList = async () => {
      const server = createServerStub();
      const rooms = createRooms({ userId: () => id(100), call: server.request as unknown as Call, onRow: () => undefined });
      void rooms.load();
      await server.answer(
        'GET /api/chat/rooms',
        Array.from({ length: PAGE }, (_, n) => room(n, 0)),
      );
      rooms.unreadRequested()(2);
      expect(rooms.get()).toMatchObject({ unread: 2, hasMore: true });
      return { ...server, rooms };
    };
    beforeEach(() => jest.useFakeTimers({ doNotFake: ['setImmediate'] }));
    afterEach(() => jest.useRealTimers());

    test('when a message comes into one that is not held, then what was unread there is not counted twice', async () => {
      const { rooms, answer } = await createRoomList();
      rooms.received(message(77, 3));
      jest.advanceTimersByTime(100);
      await answer('GET /api/chat/rooms', [room(77, 3), ...Array.from({ length: PAGE - 1 }, (_, n) => room(n, 0))]);
      expect(rooms.get().unread).toBe(3);
      jest.advanceTimersByTime(300);
      await answer('GET /api/unread', { chat: 3, notifications: 0 });
      expect(rooms.get().unread).toBe(3);
    });

    test('when a message comes while the count is on its way, then the two are not mixed, and the count is requested again', async () => {
      const { rooms, answer } = await createRoomList();
      const counted = rooms.unreadRequested();
      rooms.received(message(7, 1));
      counted(2);
      expect(rooms.get().unread).toBe(3);
      jest.advanceTimersByTime(300);
      await answer('GET /api/unread', { chat: 3, notifications: 0 });
      expect(rooms.get().unread).toBe(3);
    });
  });
});
