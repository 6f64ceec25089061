import { messageOf, type Logger } from '@linsta/core';
import type { SessionCheck } from '@linsta/http';
import type { RealtimeServer, RealtimeSocket } from '../server';

/**
 * Between two looks at the sessions of all sockets, while every end of a session is reported by the
 * bus.
 */
const SWEEP_MS = 60_000;
/** While the bus is away, and its reports with it. */
const SWEEP_WITHOUT_BUS_MS = 3_000;
const PAGE = 500;

/** Tells a socket that its session has ended, and closes it. */
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
    const bySession = new Map<string, RealtimeSocket[]>();
    for (const socket of io.of('/').sockets.values()) {
      const { sid } = socket.data.identity;
      if (sid === undefined) continue;
      bySession.set(sid, [...(bySession.get(sid) ?? []), socket]);
    }
    const sids = [...bySession.keys()];
    for (let at = 0; at < sids.length; at += PAGE) {
      const ended = await sessions.endedOf(sids.slice(at, at + PAGE));
      for (const sid of ended) bySession.get(sid)?.forEach(endSocket);
    }
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
