import type { BusHandlers } from '@linsta/server';
import { sessionRoom, userRoom } from './rooms';
import type { RealtimeServer } from './server';

export const QUEUE = 'realtime.sessions';

export const createConsumers = ({ io }: { io: RealtimeServer }): BusHandlers => ({
  /** Of one session, or of everything the user has open. */
  SESSION_ENDED: async ({ data }) => {
    const sockets = io.local.in(data.sid === undefined ? userRoom(data.userId) : sessionRoom(data.sid));
    sockets.emit('error', { event: 'connection', code: 'SESSION_ENDED', message: 'Session ended' });
    sockets.disconnectSockets(true);
  },
});
