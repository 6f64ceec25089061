import type { ReceivedMessage } from '@linsta/contracts';
import { createConnection } from './connection/connection.js';
import { startTimer } from './core/deadline.js';
import { onVisible, onWindow } from './core/page.js';
import { createNetwork } from './core/settings.js';
import { readOnly } from './core/store.js';
import { toLinstaError } from './errors.js';
import { createCall } from './http/call.js';
import { exchange } from './http/exchange.js';
import type { Linsta, LinstaOptions } from './linsta-types.js';
import { createOpenRooms } from './messages/open-rooms.js';
import { createMessages, type RoomMessages } from './messages/room-messages.js';
import { createNotifications } from './notifications/notifications.js';
import { createOutbox } from './outbox/outbox.js';
import { createDefaultOutbox } from './outbox/storage.js';
import { createPresence } from './presence/presence.js';
import { createResync } from './resync.js';
import { createMessageArrivals } from './rooms/arrivals.js';
import { createDelivery } from './rooms/delivery.js';
import { createRooms } from './rooms/rooms.js';
import { claimsOf, userIdOf } from './session/claims.js';
import { createTokens } from './session/tokens.js';
import { createTyping } from './typing/typing.js';

const RESYNC_EVERY_MS = 60_000;
const GAP_PATIENCE_MS = 500;
const NO_MARKS = { lastSeq: 0, readSeq: 0, othersReadSeq: 0, othersDeliveredSeq: 0 };

/** The live client of one user. It sends nothing before `connect()` or a first call. */
export function createLinsta(options: LinstaOptions): Linsta {
  const network = createNetwork(options);
  const tokens = createTokens({ token: options.token, getToken: options.getToken, onRenewed: (token) => connection.pushToken(token) });
  const connection = createConnection({ network, tokens, transports: options.transports, path: options.path });
  const hasToken = options.token !== undefined || options.getToken !== undefined;
  const getToken = async (force?: boolean) => (hasToken ? tokens.get(force) : undefined);
  const call = createCall({ network, getToken, isCut: connection.isCut });
  /** As the server names the user of a token that does not carry Linsta's id. */
  let namedUserId = '';
  const userId = () => options.userId ?? userIdOf(claimsOf(tokens.current() ?? '')) ?? namedUserId;

  const open = createOpenRooms();
  const arrivals = createMessageArrivals();
  const presence = createPresence(connection);
  const typing = createTyping(connection);
  const rooms = createRooms({ userId, call, onRow: (room) => open.get(room._id)?.setWatermarks(room) });
  const notifications = createNotifications({
    call,
    async markAllRead(upTo) {
      const request = { method: 'POST', path: '/api/notifications/read-all', token: await getToken() };
      await exchange(network, { ...request, ...(upTo !== undefined && { body: { upTo } }) }).catch((error: unknown) => {
        // Servers before this option refuse the body.
        if (upTo === undefined || toLinstaError(error).status !== 400) throw error;
        return exchange(network, request);
      });
    },
  });
  const outbox = createOutbox({
    userId,
    storage: options.outbox ?? createDefaultOutbox(),
    connection,
    network,
    onSent(_entry, message) {
      rooms.received(message);
      open.get(message.chatRoomId)?.received(message);
    },
    onChanged: (message) => changed(message),
    onChange: (chatRoomId) => open.get(chatRoomId)?.refresh(),
  });
  const changed = (message: ReceivedMessage) => {
    rooms.changed(message);
    open.get(message.chatRoomId)?.changed(message);
  };
  const delivery = createDelivery({ userId, connection, find: rooms.find });
  let closed = false;
  const openOutbox = () => {
    if (!closed && userId() !== '') outbox.open();
    return outbox;
  };

  const createRoom = (chatRoomId: string): RoomMessages => {
    const takeWatermarks = () => {
      const row = rooms.find(chatRoomId);
      if (row !== undefined) room.setWatermarks(row);
    };
    const room: RoomMessages = createMessages({
      chatRoomId,
      userId,
      ownName: () => rooms.find(chatRoomId)?.participants.find(({ _id }) => _id === userId())?.name ?? '',
      call,
      network,
      outbox: openOutbox,
      async markRead(id, seq) {
        const { readSeq } = await connection.request('mark_read', { chatRoomId: id, seq });
        rooms.read(id, userId(), readSeq);
        room.setWatermarks({ ...NO_MARKS, readSeq });
      },
      // Servers that do not number changes list no `lastRev`.
      settledRev: () => rooms.find(chatRoomId)?.lastRev ?? (rooms.get().rooms.some(({ lastRev }) => lastRev !== undefined) ? 0 : undefined),
      onGap: () => resyncSoon(),
      onWatched() {
        open.keep(chatRoomId, room);
        takeWatermarks();
      },
      onUnwatched: open.dropUnused,
    });
    takeWatermarks();
    return room;
  };

  const { backOff } = network;
  const resync = createResync({ userId, connection, backOff, open, rooms, notifications, presence, arrivals });
  let gapTimer: ReturnType<typeof setTimeout> | undefined;
  /** A change that is missing may still be on its way. */
  const resyncSoon = () => {
    gapTimer ??= startTimer(() => {
      gapTimer = undefined;
      void resync();
    }, GAP_PATIENCE_MS);
  };
  const onConnect = async () => {
    if (userId() === '')
      namedUserId = await call('GET /api/users/me').then(
        ({ _id }) => _id,
        () => '',
      );
    openOutbox();
    connection.retryWhileConnected(() => connection.request('subscribe_notifications'));
    const notificationsLoaded = notifications.load();
    // The first lists come before `resume`, which then names what they hold.
    if (rooms.get().status !== 'ready') await rooms.load();
    if (notifications.get().status !== 'ready') await notificationsLoaded;
    for (const [, room] of open.entries()) if (room.get().status === 'failed') void room.reload();
    await resync(true);
    delivery.listed(rooms.get().rooms);
  };
  connection.onOnline(() => void onConnect());
  connection.socket.on('receive_message', (message) => {
    rooms.received(message);
    open.get(message.chatRoomId)?.received(message);
    typing.finished(message.chatRoomId, message.senderId);
    delivery.received(message);
    arrivals.announce(message, { own: message.senderId === userId(), missed: false });
  });
  connection.socket.on('room_read', ({ chatRoomId, userId: reader, readSeq }) => {
    rooms.read(chatRoomId, reader, readSeq);
    const isOwn = reader === userId();
    open.get(chatRoomId)?.setWatermarks({ ...NO_MARKS, ...(isOwn ? { readSeq } : { othersReadSeq: readSeq }) });
  });
  connection.socket.on('room_delivered', ({ chatRoomId, deliveredSeq }) => {
    rooms.delivered(chatRoomId, deliveredSeq);
    open.get(chatRoomId)?.setWatermarks({ ...NO_MARKS, othersDeliveredSeq: deliveredSeq });
  });
  connection.socket.on('message_changed', ({ message }) => changed(message));
  connection.socket.on('notification', notifications.received);
  connection.socket.on('notification_read', notifications.wasRead);
  connection.socket.on('notification_removed', notifications.removed);

  /** What `close` undoes of `connect`. */
  let stops: (() => void)[] = [];
  const resyncRegularly = () => {
    let timer: ReturnType<typeof setTimeout>;
    const schedule = () => {
      timer = startTimer(() => {
        void resync();
        schedule();
      }, options.resyncEveryMs ?? RESYNC_EVERY_MS);
    };
    schedule();
    return () => clearTimeout(timer);
  };

  return {
    get userId() {
      return userId();
    },
    call,
    connection: readOnly(connection.state),
    rooms,
    notifications,
    messages: (chatRoomId) => open.open(chatRoomId, () => createRoom(chatRoomId)),
    presence: presence.of,
    typing: typing.of,
    on(event, listener) {
      // Socket.IO's types do not follow a generic event name.
      connection.socket.on(event, listener as never);
      return () => void connection.socket.off(event, listener as never);
    },
    onMessage: arrivals.listen,
    connect() {
      closed = false;
      connection.open();
      tokens.start();
      openOutbox();
      if (stops.length > 0) return;
      const onShown = onVisible(() => {
        connection.connectNow();
        void resync();
      });
      stops = [resyncRegularly(), onShown, onWindow('online', connection.connectNow)];
    },
    reconnect: connection.reconnect,
    goOffline: () => connection.cut(true),
    goOnline: () => connection.cut(false),
    close() {
      closed = true;
      stops.forEach((stop) => stop());
      stops = [];
      outbox.close();
      tokens.stop();
      rooms.stop();
      notifications.stop();
      typing.stop();
      delivery.stop();
      clearTimeout(gapTimer);
      gapTimer = undefined;
      connection.close();
    },
  };
}
