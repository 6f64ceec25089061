import type { Subscription } from '@linsta/bus';
import type { Logger } from '@linsta/core';
import type { SessionCheck } from '@linsta/http';
import { sessionRoom, userRoom } from './rooms';
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
    /** Ends the sockets of one session, or all sockets of the user. */
    SESSION_ENDED: async ({ data }) => {
      if (data.sid !== undefined) sessions.markEnded(data.sid);
      const sockets = io.local.in(data.sid === undefined ? userRoom(data.userId) : sessionRoom(data.sid));
      sockets.emit('error', { event: 'connection', code: 'SESSION_ENDED', message: 'Session ended' });
      sockets.disconnectSockets(true);
    },
  },
  // Nothing is kept for later: the session check refuses an ended session as well.
  parking: { park: async (entry) => logger.error({ reason: entry.reason }, 'bus event dropped') },
});
