import type { Notification } from '@linsta/contracts';
import type { Connection } from './connection/types.js';
import { retryWhile, type BackOff } from './core/retry.js';
import type { OpenRooms } from './messages/open-rooms.js';
import type { NotificationList } from './notifications/notifications.js';
import type { PresenceWatch } from './presence/presence.js';
import type { MessageArrivals } from './rooms/arrivals.js';
import type { RoomList } from './rooms/rooms.js';

/** Rooms that one `resume` may name. */
const MAX_ROOMS = 1_000;

interface ResyncOptions {
  userId: () => string;
  connection: Pick<Connection, 'online' | 'request'>;
  backOff: BackOff;
  open: OpenRooms;
  rooms: RoomList;
  notifications: NotificationList;
  presence: PresenceWatch;
  arrivals: MessageArrivals;
}

/** The answer to `resume`, with what newer servers add. */
interface ResumeExtra {
  /** More was missed than fits: `notifications` is the newest page. */
  notificationsReset?: boolean;
}

/**
 * Compares every state that the server pushes with the server itself, so that a push that was lost
 * on a living connection corrects itself: messages, rooms with read marks, unread numbers,
 * notifications and presence. `fromStart`: after a connect, when most may be missing.
 */
export function createResync(options: ResyncOptions): (fromStart?: boolean) => Promise<void> {
  const { connection, open, rooms, notifications, presence, arrivals } = options;

  const resumePoints = () => {
    const points = new Map<string, { afterSeq: number; afterRev?: number }>();
    for (const { _id, lastSeq } of rooms.get().rooms) points.set(_id, { afterSeq: lastSeq });
    for (const [chatRoomId, room] of open.entries()) {
      const [afterSeq, afterRev] = [room.topSeq(), room.knownRev()];
      if (afterSeq !== undefined) points.set(chatRoomId, { afterSeq, ...(afterRev !== undefined && { afterRev }) });
    }
    return [...points].slice(0, MAX_ROOMS).map(([chatRoomId, point]) => ({ chatRoomId, ...point }));
  };
  const resume = async () => {
    const { after, answered } = notifications.resuming();
    const unreadAnswered = rooms.unreadRequested();
    const answer: { notifications: Notification[] } & ResumeExtra & Awaited<ReturnType<typeof requestResume>> = await requestResume(after);
    for (const room of answer.rooms) {
      const { chatRoomId, lastSeq, readSeq, messages } = room;
      const known = rooms.find(chatRoomId)?.lastSeq ?? 0;
      open.get(chatRoomId)?.resumed(room);
      open.get(chatRoomId)?.setWatermarks({ lastSeq, readSeq, othersReadSeq: 0, othersDeliveredSeq: 0 });
      rooms.resumed(chatRoomId, { lastSeq, readSeq, last: messages.at(-1) });
      // Servers that do not number changes send none.
      for (const message of room.changed ?? []) rooms.changed(message);
      for (const message of messages)
        if (message.seq > known) arrivals.announce(message, { own: message.senderId === options.userId(), missed: true });
    }
    answered(answer.notifications, answer.unread.notifications, answer.notificationsReset === true);
    unreadAnswered(answer.unread.chat);
  };
  const requestResume = (after: string | undefined) =>
    connection.request('resume', { rooms: resumePoints(), ...(after !== undefined && { notificationsAfter: after }) });

  let running = false;
  return async (fromStart = false) => {
    if (running) return;
    running = true;
    try {
      const work = async () => {
        // Each part for itself: one that fails does not keep the rest from being compared.
        const parts = await Promise.allSettled([resume(), rooms.resync(), notifications.resync(fromStart), presence.resync()]);
        const failed = parts.find((part) => part.status === 'rejected');
        if (failed !== undefined) throw failed.reason;
      };
      await retryWhile(work, connection.online, options.backOff);
    } finally {
      running = false;
    }
  };
}
