import type { ReceivedMessage } from '@linsta/contracts';
import type { Connection } from '../connection/types.js';
import { startTimer } from '../core/deadline.js';
import type { RoomView } from './types.js';

/** Marks that come within this time go out together; a message that is read needs none. */
const DELAY_MS = 1_000;
/** Rooms that one event may name. */
const PER_REQUEST = 100;
/** Rooms of which the last mark is remembered. */
const REMEMBERED = 1_000;

/** Reports to the server what this device has received. */
export function createDelivery(options: {
  userId: () => string;
  connection: Pick<Connection, 'online' | 'request'>;
  find: (chatRoomId: string) => RoomView | undefined;
}) {
  const { connection } = options;
  const received = new Map<string, number>();
  const reported = new Map<string, number>();
  let timer: ReturnType<typeof setTimeout> | undefined;

  const flush = async () => {
    timer = undefined;
    const due = [...received]
      .filter(([chatRoomId, seq]) => seq > Math.max(options.find(chatRoomId)?.readSeq ?? 0, reported.get(chatRoomId) ?? 0))
      .map(([chatRoomId, seq]) => ({ chatRoomId, seq }));
    received.clear();
    for (let at = 0; at < due.length && connection.online(); at += PER_REQUEST) {
      const rooms = due.slice(at, at + PER_REQUEST);
      // A mark that is lost is made up for by the next one. Servers before this event refuse it.
      await connection.request('mark_delivered', { rooms }).then(
        () => rooms.forEach(({ chatRoomId, seq }) => reported.set(chatRoomId, seq)),
        () => undefined,
      );
    }
    for (const chatRoomId of reported.keys()) {
      if (reported.size <= REMEMBERED) break;
      reported.delete(chatRoomId);
    }
  };
  const note = (chatRoomId: string, seq: number) => {
    received.set(chatRoomId, Math.max(seq, received.get(chatRoomId) ?? 0));
    timer ??= startTimer(() => void flush(), DELAY_MS);
  };
  return {
    received({ chatRoomId, senderId, seq }: ReceivedMessage): void {
      if (senderId !== options.userId()) note(chatRoomId, seq);
    },
    /** Rooms as the server lists them: this device knows of everything in them. */
    listed(rooms: readonly RoomView[]): void {
      for (const { _id, lastSeq, unreadCount } of rooms) if (unreadCount > 0) note(_id, lastSeq);
    },
    stop() {
      clearTimeout(timer);
      timer = undefined;
      received.clear();
    },
  };
}
