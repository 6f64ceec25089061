import { createConnection } from './connection.js';
import { LinstaError } from './errors.js';
import { createCall, DEADLINE_MS } from './http.js';
import { createMessages, type RoomMessages } from './messages.js';
import { createNotifications } from './notifications.js';
import { createOutbox, type Outbox } from './outbox.js';
import { defaultOutbox } from './outbox-storage.js';
import { createPresence } from './presence.js';
import { createRooms } from './rooms.js';
import { untilDone } from './timing.js';
import { claimsOf, createTokens } from './tokens.js';
import type { Linsta, LinstaOptions } from './types.js';

/** Rooms of which `resume` is asked in one call. */
const RESUME_ROOMS = 1_000;
/** Message stores of rooms that nobody looks at; the longest unused goes first. */
const KEPT_ROOMS = 50;
const COMPARE_EVERY_MS = 60_000;

/** What a browser has and Node has not. */
const page = () =>
  globalThis as { location?: { origin: string }; document?: Document } & Partial<Pick<Window, 'addEventListener' | 'removeEventListener'>>;

export const originOf = (url: string | undefined): string => {
  const given = url ?? page().location?.origin;
  if (given === undefined) throw new LinstaError('BAD_OPTIONS', 'url is needed outside a browser', { retryable: false });
  return given.replace(/\/+$/, '');
};

/** A live client of one user. Nothing happens on the network before `connect()` or a first call. */
export function createLinsta(options: LinstaOptions): Linsta {
  const url = originOf(options.url);
  const tokens = createTokens({ token: options.token, getToken: options.getToken, onRenewed: (token) => connection.renewed(token) });
  const deadlineMs = options.deadlineMs ?? DEADLINE_MS;
  const connection = createConnection({ url, tokens, transports: options.transports, deadlineMs });
  const call = createCall({
    url,
    deadlineMs,
    cut: connection.isCut,
    getToken: async (force) => (options.token === undefined && options.getToken === undefined ? undefined : tokens.get(force)),
  });
  const userId = () => options.userId ?? claimsOf(tokens.current() ?? '').userId ?? '';

  const open = new Map<string, RoomMessages>();
  const bell = createNotifications(call);
  const presence = createPresence(connection);
  const rooms = createRooms({ userId, call, onRow: (room) => open.get(room._id)?.synced(room) });
  let outbox: Outbox | undefined;
  const theOutbox = (): Outbox =>
    (outbox ??= createOutbox({
      userId: userId(),
      storage: options.outbox ?? defaultOutbox(),
      connection,
      onSent: (_entry, message) => {
        rooms.received(message);
        open.get(message.chatRoomId)?.place(message);
      },
      onChange: (chatRoomId) => open.get(chatRoomId)?.refresh(),
    }));

  const forgetUnused = () => {
    for (const [chatRoomId, room] of open) {
      if (open.size <= KEPT_ROOMS) return;
      if (!room.watched()) open.delete(chatRoomId);
    }
  };
  const messages = (chatRoomId: string): RoomMessages => {
    const known = open.get(chatRoomId);
    if (known !== undefined) return known;
    const room: RoomMessages = createMessages({
      chatRoomId,
      userId,
      ownName: () => rooms.find(chatRoomId)?.participants.find(({ _id }) => _id === userId())?.name ?? '',
      call,
      outbox: theOutbox,
      async markRead(id, seq) {
        const { readSeq } = await connection.ask('mark_read', { chatRoomId: id, seq });
        rooms.read(id, userId(), readSeq);
        open.get(id)?.synced({ lastSeq: 0, readSeq, othersReadSeq: 0 });
      },
      // Used again after it was forgotten: it must hear of what arrives.
      onWatched() {
        open.set(chatRoomId, room);
        const row = rooms.find(chatRoomId);
        if (row !== undefined) room.synced(row);
      },
      onUnwatched: forgetUnused,
    });
    open.set(chatRoomId, room);
    const row = rooms.find(chatRoomId);
    if (row !== undefined) room.synced(row);
    forgetUnused();
    return room;
  };

  /** One question brings everything that was missed; what was read elsewhere, by oneself or by the other, is in the list alone. */
  const compare = async () => {
    const points = new Map(rooms.get().rooms.map(({ _id, lastSeq }) => [_id, lastSeq]));
    for (const [chatRoomId, room] of open) {
      const top = room.top();
      if (top !== undefined) points.set(chatRoomId, top);
    }
    const asked = [...points].slice(0, RESUME_ROOMS).map(([chatRoomId, afterSeq]) => ({ chatRoomId, afterSeq }));
    const { after, answered: bellAnswered } = bell.resuming();
    const counted = rooms.counting();
    const [answer] = await Promise.all([
      connection.ask('resume', { rooms: asked, ...(after !== undefined && { notificationsAfter: after }) }),
      rooms.load(),
    ]);
    for (const { chatRoomId, lastSeq, readSeq, messages: missed, reset } of answer.rooms) {
      open.get(chatRoomId)?.resumed(missed, reset);
      open.get(chatRoomId)?.synced({ lastSeq, readSeq, othersReadSeq: 0 });
      rooms.resumed(chatRoomId, { lastSeq, readSeq, last: missed.at(-1) });
    }
    bellAnswered(answer.notifications, answer.unread.notifications);
    counted(answer.unread.chat);
  };
  let comparing = false;
  const compareUntilDone = async () => {
    if (comparing) return;
    comparing = true;
    try {
      await untilDone(compare, connection.online);
    } finally {
      comparing = false;
    }
  };

  connection.onOnline(() => {
    theOutbox();
    connection.insist(() => connection.ask('subscribe_notifications'));
    void (async () => {
      const inbox = bell.load();
      // The lists first where there are none yet: resume then names what is known.
      if (rooms.get().status !== 'ready') await rooms.load();
      if (bell.get().status !== 'ready') await inbox;
      for (const room of open.values()) if (room.get().status === 'failed') void room.reload();
      await compareUntilDone();
    })();
  });
  connection.socket.on('receive_message', (message) => {
    rooms.received(message);
    open.get(message.chatRoomId)?.place(message);
  });
  connection.socket.on('room_read', ({ chatRoomId, userId: reader, readSeq }) => {
    rooms.read(chatRoomId, reader, readSeq);
    const mine = reader === userId();
    open.get(chatRoomId)?.synced({ lastSeq: 0, readSeq: mine ? readSeq : 0, othersReadSeq: mine ? 0 : readSeq });
  });
  connection.socket.on('notification', bell.arrived);
  connection.socket.on('notification_read', bell.wasRead);

  const onVisible = () => {
    if (page().document?.visibilityState !== 'visible') return;
    connection.hurry();
    void compareUntilDone();
  };
  let comparer: ReturnType<typeof setInterval> | undefined;

  return {
    get userId() {
      return userId();
    },
    call,
    connection: { get: connection.state.get, subscribe: connection.state.subscribe },
    rooms,
    notifications: bell,
    messages,
    presence,
    connect() {
      connection.open();
      if (comparer !== undefined) return;
      comparer = setInterval(() => void compareUntilDone(), options.compareEveryMs ?? COMPARE_EVERY_MS);
      (comparer as { unref?: () => void }).unref?.();
      page().document?.addEventListener('visibilitychange', onVisible);
      page().addEventListener?.('online', connection.hurry);
    },
    goOffline: () => connection.cut(true),
    goOnline: () => connection.cut(false),
    close() {
      clearInterval(comparer);
      page().document?.removeEventListener('visibilitychange', onVisible);
      page().removeEventListener?.('online', connection.hurry);
      outbox?.close();
      tokens.stop();
      connection.close();
    },
  };
}
