import type { Subscription } from '@linsta/bus';
import type { Logger } from '@linsta/core';
import type { SessionCheck } from '@linsta/http';
import { sessionRoom, userRoom } from './rooms';
import { endSocket } from './sockets/sessions';
import type { RealtimeServer } from './server';

/** Every node closes the sockets that it holds itself. */
export const createSubscription = ({
  io,
  sessions,
  logger,
}: {
  io: RealtimeServer;
  sessions: SessionCheck;
  logger: Logger;
}): Subscription => ({
  queue: 'realtime.sessions',
  everyNode: true,
  handlers: {
    /**
     * Ends the sockets of one session, or all sockets of the user whose token was issued before the
     * event.
     */
    SESSION_ENDED: async ({ data, time }) => {
      const before = Math.min(Date.parse(time), Date.now());
      if (data.sid === undefined) sessions.markEndedUntil(data.userId, before);
      else sessions.markEnded(data.sid);
      const room = data.sid === undefined ? userRoom(data.userId) : sessionRoom(data.sid);
      const { adapter, sockets } = io.of('/');
      for (const id of [...(adapter.rooms.get(room) ?? [])]) {
        const socket = sockets.get(id);
        const isOlder = data.sid !== undefined || (socket?.data.identity.iat ?? 0) * 1000 <= before;
        if (socket !== undefined && isOlder) endSocket(socket);
      }
    },
  },
  // Nothing is kept for later: the session check refuses an ended session as well.
  parking: { park: async (entry) => logger.error({ reason: entry.reason }, 'bus event dropped') },
});
