import type { Presence } from '@linsta/contracts';
import { AppError } from '@linsta/core';
import type { PresenceStore } from '../presence/presence';
import { watchersRoom } from '../rooms';
import type { RealtimeServer } from '../server';
import type { SocketHandlers } from './handlers';

const MAX_WATCHED = 1_000;

export function createPresenceHandlers({
  io,
  presence,
}: {
  io: RealtimeServer;
  presence: PresenceStore;
}): SocketHandlers<'presence_subscribe' | 'presence_unsubscribe'> {
  /** For each snapshot that is being read: what was told meanwhile. */
  const reading = new Set<Map<string, Presence>>();
  // Every node hears of every change and tells its own sockets.
  presence.onChange((change) => {
    for (const told of reading) told.set(change.userId, change);
    io.local.to(watchersRoom(change.userId)).emit('presence', change);
  });
  /** A snapshot never takes back what was told while it was on its way. */
  const snapshot = async (userIds: string[]): Promise<Presence[]> => {
    const told = new Map<string, Presence>();
    reading.add(told);
    try {
      return (await presence.of(userIds)).map((read) => told.get(read.userId) ?? read);
    } finally {
      reading.delete(told);
    }
  };

  return {
    async presence_subscribe(socket, { userIds }) {
      const watching = (socket.data.watching ??= new Set());
      const added = userIds.filter((id) => !watching.has(id));
      if (watching.size + added.length > MAX_WATCHED)
        throw new AppError('TOO_MANY_WATCHED', `A socket watches at most ${MAX_WATCHED} people`);
      added.forEach((id) => watching.add(id));
      // Joined before the snapshot is read: a change between the two arrives twice rather than never.
      await socket.join(added.map(watchersRoom));
      return { presence: await snapshot(userIds) };
    },
    async presence_unsubscribe(socket, payload) {
      const watching = socket.data.watching ?? new Set();
      for (const id of payload?.userIds ?? [...watching]) {
        watching.delete(id);
        await socket.leave(watchersRoom(id));
      }
      return {};
    },
  };
}
