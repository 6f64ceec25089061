import { clientEvents, type ClientEventName } from '@linsta/contracts';
import { AppError, fromZod, toAppError, internalError, type Logger } from '@linsta/core';
import type { Identity, SessionCheck, VerifyToken } from '@linsta/http';
import type { RealtimeConfig } from './config';
import type { Expiry } from './expiry';
import { joinedRooms } from './handlers/chat';
import type { SocketHandlers } from './handlers/handlers';
import type { PresenceStore } from './presence/presence';
import { chatRoom, sessionRoom, userRoom } from './rooms';
import type { RealtimeServer, RealtimeSocket } from './server';

interface SocketsOptions {
  io: RealtimeServer;
  config: RealtimeConfig;
  verifyToken: VerifyToken;
  sessions: SessionCheck;
  presence: PresenceStore;
  expiry: Expiry<RealtimeSocket>;
  handlers: SocketHandlers;
  logger: Logger;
}

const INTERNAL = internalError();

/** Says who a token speaks for, or why it is refused, in the contract's two sentences. */
const createAuthenticate =
  ({ verifyToken, sessions }: Pick<SocketsOptions, 'verifyToken' | 'sessions'>) =>
  async (token: unknown): Promise<Identity> => {
    if (token === undefined || token === null || token === '') throw new AppError('NO_TOKEN', 'No authentication token provided');
    try {
      const identity = verifyToken(typeof token === 'string' && token.length <= 4096 ? token : '');
      await sessions.assertOpen(identity);
      return identity;
    } catch {
      throw new AppError('INVALID_TOKEN', 'Invalid token');
    }
  };

/** Owns the connections: lets them in by token, hands each event to its handler, answers failures, and ends sockets whose right has ended. */
export function acceptSockets(options: SocketsOptions): void {
  const { io, config, presence, expiry, logger } = options;
  const authenticate = createAuthenticate(options);
  const handlers: SocketHandlers = {
    ...options.handlers,
    async refresh_token(socket, { token }) {
      const identity = await authenticate(token);
      if (identity.userId !== socket.data.identity.userId) throw new AppError('INVALID_TOKEN', 'Invalid token');
      const { sid } = socket.data.identity;
      if (sid !== identity.sid) {
        if (sid !== undefined) await socket.leave(sessionRoom(sid));
        if (identity.sid !== undefined) await socket.join(sessionRoom(identity.sid));
      }
      socket.data.identity = identity;
      expiry.set(socket, identity.exp);
      return { expiresAt: identity.exp === undefined ? null : new Date(identity.exp * 1000).toISOString() };
    },
  };

  const spend = ({ data }: RealtimeSocket) => {
    const now = Date.now();
    data.allowance = Math.min(config.EVENTS_BURST, data.allowance + ((now - data.allowanceAt) / 1000) * config.EVENTS_PER_SECOND);
    data.allowanceAt = now;
    if (data.allowance < 1) throw new AppError('RATE_LIMITED', 'Too many events; slow down', { retryAfterSeconds: 1 });
    data.allowance -= 1;
  };

  const run = async (socket: RealtimeSocket, event: string, args: unknown[]) => {
    spend(socket);
    if (!Object.hasOwn(clientEvents, event)) throw new AppError('UNKNOWN_EVENT', 'There is no such event');
    if (args.length > 1) throw new AppError('BAD_REQUEST', 'An event takes one payload and an acknowledgement');
    const name = event as ClientEventName;
    const parsed = clientEvents[name].payload.safeParse(args[0]);
    if (!parsed.success) throw fromZod(parsed.error);
    return (handlers[name] as (socket: RealtimeSocket, payload: unknown) => Promise<object>)(socket, parsed.data);
  };

  const onPacket = async (socket: RealtimeSocket, event: unknown, args: unknown[]) => {
    const last = args.at(-1);
    const ack = typeof last === 'function' ? (last as (answer: object) => void) : undefined;
    const name = typeof event === 'string' ? event.slice(0, 64) : String(event);
    try {
      const answer = await run(socket, name, ack === undefined ? args : args.slice(0, -1));
      ack?.({ ok: true, ...answer });
    } catch (error) {
      const known = toAppError(error);
      if (known === undefined) logger.error({ err: error, event: name }, 'socket event failed');
      const { code, message } = known ?? INTERNAL;
      // The event first: whoever waits for the acknowledgement then has both.
      socket.emit('error', { event: name, code, message });
      ack?.({ ok: false, error: { code, message } });
    }
  };

  io.use((socket, next) => {
    const refuse = (error: AppError) => {
      next(Object.assign(new Error(error.message), { data: { code: error.code } }));
      // The refusal is written first; a client that was refused has no business with an open transport.
      setTimeout(() => socket.conn.close(), 200).unref();
    };
    authenticate((socket.handshake.auth as { token?: unknown }).token).then(
      (identity) => {
        if (io.of('/').sockets.size >= config.MAX_SOCKETS)
          return refuse(new AppError('TOO_MANY_SOCKETS', 'This node is full; try again shortly', { retryAfterSeconds: 2 }));
        if ((io.of('/').adapter.rooms.get(userRoom(identity.userId))?.size ?? 0) >= config.MAX_SOCKETS_PER_USER)
          return refuse(new AppError('TOO_MANY_SOCKETS', 'Too many connections of one user', { retryAfterSeconds: 2 }));
        Object.assign(socket.data, { identity, allowance: config.EVENTS_BURST, allowanceAt: Date.now() });
        next();
      },
      (error: unknown) => refuse(toAppError(error) ?? INTERNAL),
    );
  });

  io.on('connection', (socket) => {
    const { identity } = socket.data;
    void socket.join(identity.sid === undefined ? userRoom(identity.userId) : [userRoom(identity.userId), sessionRoom(identity.sid)]);
    expiry.set(socket, identity.exp);
    presence.connected(identity.userId, socket.id).catch((error: Error) => logger.warn({ err: error.message }, 'presence not noted'));

    // `use` without `next`: an event never reaches the emitter, where names like "error" have a meaning of their own.
    socket.use(([event, ...args]) => void onPacket(socket, event, args));
    socket.on('error', (error: Error) => logger.debug({ err: error.message }, 'socket error'));
    socket.on('disconnecting', () => {
      for (const chatRoomId of joinedRooms(socket))
        socket.to(chatRoom(chatRoomId)).emit('user_left', { chatRoomId, userId: identity.userId });
    });
    socket.on('disconnect', () => {
      expiry.forget(socket);
      presence.disconnected(identity.userId, socket.id).catch((error: Error) => logger.warn({ err: error.message }, 'presence not noted'));
    });
  });
}
