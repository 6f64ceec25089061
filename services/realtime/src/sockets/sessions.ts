import { messageOf, type Logger } from '@linsta/core';
import type { CheckedIdentity, SessionCheck } from '@linsta/http';
import type { RealtimeServer, RealtimeSocket } from '../server';

/**
 * Between two looks at the sessions of all sockets, while every end of a session is reported by the
 * bus.
 */
const SWEEP_MS = 60_000;
/** While the bus is away, and its reports with it. */
const SWEEP_WITHOUT_BUS_MS = 3_000;
const PAGE = 500;

/** Sends SESSION_ENDED to a socket and closes it. */
export function endSocket(socket: Pick<RealtimeSocket, 'emit' | 'disconnect'>): void {
  socket.emit('error', { event: 'connection', code: 'SESSION_ENDED', message: 'Session ended' });
  socket.disconnect(true);
}

/**
 * Closes the sockets whose session has ended without a report: reports are lost while this node is
 * cut off from the broker. Sessions are looked up in pages.
 */
export function createSessionSweep(options: {
  io: RealtimeServer;
  sessions: Pick<SessionCheck, 'endedOf'>;
  busHealthy: () => boolean;
  logger: Logger;
}) {
  const { io, sessions, busHealthy, logger } = options;
  let sweptAt = Date.now();
  let wasHealthy = true;
  let sweeping = false;

  const sweep = async () => {
    const checks = [...io.of('/').sockets.values()].map((socket): CheckedIdentity & { socket: RealtimeSocket } => {
      const { userId, sid, iat } = socket.data.identity;
      return { userId, ...(sid !== undefined && { sid }), ...(iat !== undefined && { iat }), socket };
    });
    for (let at = 0; at < checks.length; at += PAGE)
      for (const { socket } of await sessions.endedOf(checks.slice(at, at + PAGE))) endSocket(socket);
  };
  const tick = async () => {
    const healthy = busHealthy();
    const recovered = healthy && !wasHealthy;
    const due = Date.now() - sweptAt >= (healthy ? SWEEP_MS : SWEEP_WITHOUT_BUS_MS);
    wasHealthy = healthy;
    if (sweeping || (!due && !recovered)) return;
    sweeping = true;
    sweptAt = Date.now();
    await sweep()
      .catch((error: unknown) => logger.warn({ err: messageOf(error) }, 'session sweep failed'))
      .finally(() => (sweeping = false));
  };
  const timer = setInterval(() => void tick(), 1_000).unref();
  return { stop: () => clearInterval(timer) };
}
