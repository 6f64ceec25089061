import type { Subscription } from '@linsta/bus';
import type { Logger } from '@linsta/core';
import type { SessionCheck } from '@linsta/http';
import type { PresenceStore } from './presence/presence';
import type { Visibility } from './presence/visibility';
import { sessionRoom, userRoom } from './rooms';
import type { RealtimeServer, RealtimeSocket } from './server';
import { endSocket } from './sockets/sessions';

/** Every node closes the sockets that it holds itself. */
export const createSubscription = ({
  io,
  sessions,
  visibility,
  presence,
  unwatch,
  logger,
}: {
  io: RealtimeServer;
  sessions: SessionCheck;
  visibility: Pick<Visibility, 'learn'>;
  presence: Pick<PresenceStore, 'connected' | 'disconnected'>;
  /** Ends what a socket watches. */
  unwatch: (socket: RealtimeSocket) => Promise<void>;
  logger: Logger;
}): Subscription => ({
  queue: 'realtime.sessions',
  everyNode: true,
  handlers: {
    /** Shows or hides the presence of a user who has switched it, for every socket of this node. */
    USER_CHANGED: async ({ data }) => {
      const { userId, privacy } = data;
      if (privacy === undefined || privacy === null || !visibility.learn(userId, !privacy.presence)) return;
      for (const id of io.of('/').adapter.rooms.get(userRoom(userId)) ?? []) {
        const socket = io.of('/').sockets.get(id);
        if (privacy.presence) await presence.connected(userId, id);
        else await presence.disconnected(userId, id);
        if (socket !== undefined && !privacy.presence) await unwatch(socket);
      }
    },
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
