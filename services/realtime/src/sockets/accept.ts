import { AppError, internalError, messageOf, toAppError, type Logger } from '@linsta/core';
import type { SessionCheck } from '@linsta/http';
import type { RealtimeConfig } from '../config';
import type { Expiry } from '../expiry';
import { joinedRooms } from '../handlers/chat';
import type { SocketHandlers } from '../handlers/handlers';
import type { PresenceStore } from '../presence/presence';
import type { SocketMetrics } from '../metrics';
import type { Visibility } from '../presence/visibility';
import { chatRoom, sessionRoom, userRoom } from '../rooms';
import type { RealtimeServer, RealtimeSocket } from '../server';
import { createAllowance } from './allowance';
import type { Authenticate } from './authenticate';
import { createDispatch } from './dispatch';
import type { Flows } from './flow';
import { endSocket } from './sessions';

interface SocketsOptions {
  io: RealtimeServer;
  config: RealtimeConfig;
  authenticate: Authenticate;
  sessions: SessionCheck;
  presence: PresenceStore;
  visibility: Pick<Visibility, 'shows'>;
  expiry: Expiry<RealtimeSocket>;
  flows: Flows;
  metrics: SocketMetrics;
  handlers: Omit<SocketHandlers, 'refresh_token'>;
  logger: Logger;
}

/** Time for a refusal to be written before the transport of a refused client is closed. */
const REFUSAL_MS = 200;

/** Replaces the token of an open socket: the socket is then served until that one expires. */
const createRefresh =
  ({ authenticate, sessions, expiry }: Pick<SocketsOptions, 'authenticate' | 'sessions' | 'expiry'>): SocketHandlers['refresh_token'] =>
  async (socket, { token }) => {
    const identity = await authenticate(token);
    if (identity.userId !== socket.data.identity.userId) throw new AppError('INVALID_TOKEN', 'Invalid token');
    const { sid } = socket.data.identity;
    if (sid !== identity.sid) {
      if (sid !== undefined) await socket.leave(sessionRoom(sid));
      if (identity.sid !== undefined) await socket.join(sessionRoom(identity.sid));
    }
    socket.data.identity = identity;
    // Its end may have been reported between the check and the join.
    if (sessions.hasEnded(identity)) {
      endSocket(socket);
      throw new AppError('SESSION_ENDED', 'Session ended');
    }
    expiry.set(socket, identity.exp);
    return { expiresAt: identity.exp === undefined ? null : new Date(identity.exp * 1000).toISOString() };
  };

/**
 * Admits sockets by their token, hands their events to the handlers, and forgets them when they are
 * gone.
 */
export function acceptSockets(options: SocketsOptions): void {
  const { io, config, authenticate, sessions, presence, visibility, expiry, flows, metrics, logger } = options;
  const handlers: SocketHandlers = { ...options.handlers, refresh_token: createRefresh(options) };
  const rate = { perSecond: config.EVENTS_PER_SECOND, burst: config.EVENTS_BURST };

  io.engine.on('connection', (connection: RealtimeSocket['conn']) => {
    const flow = flows.of(connection);
    // Packets below the level of events, e.g. connects to a namespace, have a bound of their own.
    const packets = createAllowance({ perSecond: 10 * rate.perSecond, burst: 10 * rate.burst });
    connection.on('packet', () => {
      try {
        packets.spend();
      } catch {
        flow.end();
      }
    });
  });

  io.use((socket, next) => {
    const refuse = (error: AppError) => {
      metrics.refused(error.code);
      next(Object.assign(new Error(error.message), { data: { code: error.code } }));
      // Socket.IO leaves the transport of a refused client open.
      setTimeout(() => socket.conn.close(true), REFUSAL_MS).unref();
    };
    authenticate((socket.handshake.auth as { token?: unknown }).token).then(
      (identity) => {
        if (io.of('/').sockets.size >= config.MAX_SOCKETS)
          return refuse(new AppError('TOO_MANY_SOCKETS', 'This node is full; try again shortly'));
        if ((io.of('/').adapter.rooms.get(userRoom(identity.userId))?.size ?? 0) >= config.MAX_SOCKETS_PER_USER)
          return refuse(new AppError('TOO_MANY_SOCKETS', 'Too many connections of one user'));
        socket.data.identity = identity;
        next();
      },
      (error: unknown) => refuse(toAppError(error) ?? internalError()),
    );
  });

  const note = (change: Promise<void>) =>
    void change.catch((error: unknown) => logger.warn({ err: messageOf(error) }, 'presence update failed'));

  io.on('connection', (socket) => {
    const { identity } = socket.data;
    const { userId, sid } = identity;
    void socket.join(sid === undefined ? userRoom(userId) : [userRoom(userId), sessionRoom(sid)]);
    // The end of its session may have been reported between the check of its token and the join.
    if (sessions.hasEnded(identity)) return endSocket(socket);
    expiry.set(socket, identity.exp);
    note(visibility.shows(userId, () => socket.connected).then((shown) => (shown ? presence.connected(userId, socket.id) : undefined)));
    metrics.connected();

    const dispatch = createDispatch({
      socket,
      handlers,
      allowance: createAllowance(rate),
      flow: flows.of(socket.conn),
      metrics,
      logger,
    });
    // `use` without `next`: an event never reaches the emitter, where names like "error" have a
    // meaning of their own.
    socket.use((packet) => dispatch(packet));
    socket.on('error', (error: Error) => logger.debug({ err: messageOf(error) }, 'socket error'));
    socket.on('disconnecting', () => {
      for (const chatRoomId of joinedRooms(socket)) socket.to(chatRoom(chatRoomId)).emit('user_left', { chatRoomId, userId });
    });
    socket.on('disconnect', (reason) => {
      metrics.disconnected(reason);
      expiry.forget(socket);
      note(presence.disconnected(userId, socket.id));
    });
  });
}
