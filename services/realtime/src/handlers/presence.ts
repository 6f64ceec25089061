import { badRequest } from '@linsta/server';
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
  // Every node hears of every change and tells its own sockets.
  presence.onChange((change) => io.local.to(watchersRoom(change.userId)).emit('presence', change));

  return {
    async presence_subscribe(socket, { userIds }) {
      const watching = (socket.data.watching ??= new Set());
      const added = userIds.filter((id) => !watching.has(id));
      if (watching.size + added.length > MAX_WATCHED)
        throw badRequest('TOO_MANY_WATCHED', `A socket watches at most ${MAX_WATCHED} people`);
      added.forEach((id) => watching.add(id));
      // Joined before the snapshot is read: a change between the two arrives twice rather than never.
      await socket.join(added.map(watchersRoom));
      return { presence: await presence.of(userIds) };
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
