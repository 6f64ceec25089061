import type { Members } from '../members';
import type { RealtimeSocket } from '../server';
import type { Typing } from '../typing';
import type { SocketHandlers } from './handlers';

/** Rooms in which one socket types at once; in the oldest of more, it has stopped. */
const MAX_ROOMS = 20;

export function createTypingHandlers({ members, typing }: { members: Members; typing: Typing }): SocketHandlers<'typing'> {
  const roomsOf = new WeakMap<RealtimeSocket, Set<string>>();

  /** The rooms of a socket; they are left when it disconnects. */
  const watch = (socket: RealtimeSocket): Set<string> => {
    const known = roomsOf.get(socket);
    if (known !== undefined) return known;
    const rooms = new Set<string>();
    roomsOf.set(socket, rooms);
    const { userId } = socket.data.identity;
    socket.once('disconnect', () => rooms.forEach((chatRoomId) => typing.forget(chatRoomId, userId, socket.id)));
    return rooms;
  };

  return {
    async typing(socket, { chatRoomId, typing: isTyping }) {
      const { userId } = socket.data.identity;
      const others = await members.othersOf(chatRoomId, userId);
      if (!socket.connected) return {};
      typing.set({ chatRoomId, userId, others, socketId: socket.id, typing: isTyping });
      const rooms = watch(socket);
      rooms.delete(chatRoomId);
      if (!isTyping) return {};
      rooms.add(chatRoomId);
      const [oldest] = rooms.size > MAX_ROOMS ? rooms : [];
      if (oldest !== undefined) {
        rooms.delete(oldest);
        typing.forget(oldest, userId, socket.id);
      }
      return {};
    },
  };
}
