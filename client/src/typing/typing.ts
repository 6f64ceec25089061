import type { Connection } from '../connection/types.js';
import { startTimer } from '../core/deadline.js';
import { createStore, type Store } from '../core/store.js';

/** A user types no longer when this time has passed without a repeat. */
const EXPIRES_MS = 6_000;
/** While the user goes on typing, the server is sent a repeat this often. */
const REPEAT_MS = 2_500;
/** Rooms whose state is kept without listeners. */
const MAX_ROOMS = 200;

/** Ids of the other participants who are typing. */
export type TypingState = readonly string[];

export interface RoomTyping extends Store<TypingState> {
  /**
   * Call with `true` at each key stroke, and with `false` when the text is sent or cleared. Nothing
   * is sent without a connection.
   */
  set(typing: boolean): void;
}

interface Room extends RoomTyping {
  received(userId: string, typing: boolean): void;
  clear(): void;
  watched(): boolean;
}

const NOBODY: TypingState = [];

function createRoomTyping(chatRoomId: string, connection: Pick<Connection, 'online' | 'request'>): Room {
  const state = createStore<TypingState>(NOBODY);
  const timers = new Map<string, ReturnType<typeof setTimeout>>();
  /** When the server was last sent `typing: true`; 0 after `false`. */
  let sentAt = 0;

  const send = (typing: boolean) => {
    sentAt = typing ? Date.now() : 0;
    // A hint: the next one makes up for one that was lost.
    connection.request('typing', { chatRoomId, typing }).catch(() => undefined);
  };
  const received = (userId: string, typing: boolean) => {
    clearTimeout(timers.get(userId));
    timers.delete(userId);
    if (typing)
      timers.set(
        userId,
        startTimer(() => received(userId, false), EXPIRES_MS),
      );
    if (typing !== state.get().includes(userId)) state.set(typing ? [...timers.keys()] : state.get().filter((id) => id !== userId));
  };
  return {
    get: state.get,
    subscribe: state.subscribe,
    getServerSnapshot: state.getServerSnapshot,
    watched: state.watched,
    received,
    clear: () => [...timers.keys()].forEach((userId) => received(userId, false)),
    set(typing) {
      if (!connection.online()) return void (sentAt = 0);
      const now = Date.now();
      if (typing ? Math.abs(now - sentAt) >= REPEAT_MS : sentAt !== 0 && now - sentAt < EXPIRES_MS) send(typing);
    },
  };
}

/** Who is typing in which room; nothing is kept beyond a few seconds. */
export function createTyping(connection: Pick<Connection, 'socket' | 'online' | 'request'>) {
  const rooms = new Map<string, Room>();
  const of = (chatRoomId: string): Room => {
    const known = rooms.get(chatRoomId);
    if (known !== undefined) return known;
    for (const [id, room] of rooms) {
      if (rooms.size < MAX_ROOMS) break;
      if (!room.watched()) rooms.delete(id);
    }
    const room = createRoomTyping(chatRoomId, connection);
    rooms.set(chatRoomId, room);
    return room;
  };

  connection.socket.on('typing', ({ chatRoomId, userId, typing }) => {
    // Stores that nothing shows are not created for it.
    rooms.get(chatRoomId)?.received(userId, typing);
  });
  return {
    of: (chatRoomId: string): RoomTyping => of(chatRoomId),
    /** A message came: its sender has finished typing it. */
    finished: (chatRoomId: string, userId: string): void => rooms.get(chatRoomId)?.received(userId, false),
    stop: () => rooms.forEach((room) => room.clear()),
  };
}
