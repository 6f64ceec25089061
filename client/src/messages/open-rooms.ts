import type { RoomMessages } from './room-messages.js';

/** Message stores without listeners; the longest unused is dropped first. */
const KEPT = 50;

/** The message stores in use, by room. */
export interface OpenRooms {
  get(chatRoomId: string): RoomMessages | undefined;
  /** Creates the store at the first call. */
  open(chatRoomId: string, create: () => RoomMessages): RoomMessages;
  /** Takes a store back that was dropped while something still held it. */
  keep(chatRoomId: string, room: RoomMessages): void;
  dropUnused(): void;
  entries(): Iterable<[string, RoomMessages]>;
}

export function createOpenRooms(): OpenRooms {
  const rooms = new Map<string, RoomMessages>();
  const dropUnused = () => {
    for (const [chatRoomId, room] of rooms) {
      if (rooms.size <= KEPT) return;
      if (!room.watched()) rooms.delete(chatRoomId);
    }
  };
  return {
    get: (chatRoomId) => rooms.get(chatRoomId),
    open(chatRoomId, create) {
      const known = rooms.get(chatRoomId);
      if (known !== undefined) return known;
      const room = create();
      rooms.set(chatRoomId, room);
      dropUnused();
      return room;
    },
    keep(chatRoomId, room) {
      // The newest used stands last.
      rooms.delete(chatRoomId);
      rooms.set(chatRoomId, room);
    },
    dropUnused,
    entries: () => rooms.entries(),
  };
}
