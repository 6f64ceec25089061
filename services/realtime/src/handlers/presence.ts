import type { Presence } from '@linsta/contracts';
import { AppError } from '@linsta/core';
import type { PresenceStore } from '../presence/presence';
import type { Visibility } from '../presence/visibility';
import { watchersRoom } from '../rooms';
import type { RealtimeServer, RealtimeSocket } from '../server';
import type { SocketHandlers } from './handlers';

const MAX_WATCHED = 1_000;

/** What a user sees who hides the own presence. */
export const unseen = (userId: string): Presence => ({ userId, status: 'offline', lastSeenAt: null });

export function createPresenceHandlers({
  io,
  presence,
  visibility,
  maxWatchedTotal,
}: {
  io: RealtimeServer;
  presence: PresenceStore;
  visibility: Pick<Visibility, 'sees'>;
  maxWatchedTotal: number;
}) {
  let watchedTotal = 0;
  /** For each snapshot in progress: the changes since it began. */
  const reading = new Set<Map<string, Presence>>();
  // Every node receives every change and sends it to its own sockets.
  presence.onChange((change) => {
    for (const changes of reading) changes.set(change.userId, change);
    io.local.to(watchersRoom(change.userId)).emit('presence', change);
  });
  /** A snapshot never reverts a change that was sent while it was read. */
  const snapshot = async (userIds: string[]): Promise<Presence[]> => {
    const changes = new Map<string, Presence>();
    reading.add(changes);
    try {
      return (await presence.of(userIds)).map((read) => changes.get(read.userId) ?? read);
    } finally {
      reading.delete(changes);
    }
  };
  /**
   * Creates the set of a socket's first subscription; its entries leave the total when the socket
   * does.
   */
  const watchingOf = (socket: RealtimeSocket): Set<string> => {
    if (socket.data.watching !== undefined) return socket.data.watching;
    const watching = new Set<string>();
    socket.data.watching = watching;
    socket.once('disconnect', () => {
      watchedTotal -= watching.size;
      watching.clear();
    });
    return watching;
  };

  /** Without `userIds`: every watched user. */
  const unwatch = async (socket: RealtimeSocket, userIds?: string[]) => {
    const watching = socket.data.watching ?? new Set();
    for (const id of userIds ?? [...watching]) {
      if (watching.delete(id)) watchedTotal -= 1;
      await socket.leave(watchersRoom(id));
    }
  };

  const handlers: SocketHandlers<'presence_subscribe' | 'presence_unsubscribe'> = {
    async presence_subscribe(socket, { userIds }) {
      if (!(await visibility.sees(socket.data.identity.userId))) return { presence: userIds.map(unseen) };
      const watching = watchingOf(socket);
      const added = userIds.filter((id) => !watching.has(id));
      if (watching.size + added.length > MAX_WATCHED)
        throw new AppError('TOO_MANY_WATCHED', `A socket watches at most ${MAX_WATCHED} people`);
      if (watchedTotal + added.length > maxWatchedTotal)
        throw new AppError('TOO_MANY_WATCHED', 'This node watches too many people; try again shortly');
      added.forEach((id) => watching.add(id));
      watchedTotal += added.length;
      // Joined before the snapshot is read: a change between the two arrives twice rather than
      // never.
      await socket.join(added.map(watchersRoom));
      return { presence: await snapshot(userIds) };
    },
    async presence_unsubscribe(socket, payload) {
      await unwatch(socket, payload?.userIds);
      return {};
    },
  };
  return { handlers, unwatch };
}
