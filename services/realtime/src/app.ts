import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { Socket } from 'node:net';
import {
  createBusState,
  createInternalApp,
  createInternalClient,
  createMetrics,
  createPublicApp,
  createServiceTokens,
  createSessionCheck,
  createStops,
  createTokenVerifier,
  listen,
  type EventBus,
  type Logger,
  type Service,
} from '@linsta/server';
import { Server } from 'socket.io';
import { coalesceWrites } from './coalesce';
import { createChatClient } from './clients/chat';
import { createNotificationClient } from './clients/notification';
import type { RealtimeConfig } from './config';
import { createConsumers, QUEUE } from './consumers';
import { createExpiry } from './expiry';
import { createBell } from './handlers/bell';
import { createChatHandlers } from './handlers/chat';
import type { SocketHandlers } from './handlers/handlers';
import { createPresenceHandlers } from './handlers/presence';
import { createDoors } from './internal';
import { createCluster } from './cluster';
import { createMemoryPresence } from './presence/memory';
import { createRedisPresence } from './presence/redis';
import { createPush } from './push';
import { createRoutes } from './routes';
import type { RealtimeServer, RealtimeSocket } from './server';
import { acceptSockets } from './sockets';

export interface RealtimeDeps {
  bus: EventBus;
  logger: Logger;
  now?: () => Date;
}

/**
 * A message of 4,000 characters takes at most 48 kB as JSON escapes, a resume of 1,000 rooms about 60 kB. What is far too big is still read up to about the
 * bound that Socket.IO has by itself, so that its sender gets a clear error instead of a cut connection.
 */
const MAX_PACKET_BYTES = 1_152 * 1024;
const DRAIN_SLICES = 20;

/** The connections of people's devices, and who is online. */
export function createRealtimeService(
  config: RealtimeConfig,
  { bus, logger, now = () => new Date() }: RealtimeDeps,
): Service & { address(): { port: number; internalPort: number } } {
  const stops = createStops(logger);
  let ready = false;
  const address = { port: 0, internalPort: 0 };

  return {
    address: () => address,
    async start() {
      try {
        const tokens = createServiceTokens(config.SERVICE_SECRET, 'realtime');
        const users = createInternalClient({ neighbour: 'users', baseUrl: config.USERS_INTERNAL_URL, tokens });
        const notificationLink = createInternalClient({ neighbour: 'notification', baseUrl: config.NOTIFICATION_INTERNAL_URL, tokens });
        const chat = createChatClient({ urls: config.CHAT_INTERNAL_URL, tokens });
        stops.add('clients', () => (users.close(), notificationLink.close(), chat.close()));

        const server = createServer({
          requestTimeout: 30_000,
          headersTimeout: 10_000,
          connectionsCheckingInterval: 1_000,
          maxHeaderSize: 16_384,
          keepAliveTimeout: 65_000,
        });
        const io: RealtimeServer = new Server({
          path: '/socket.io',
          serveClient: false,
          pingInterval: config.PING_INTERVAL_MS,
          pingTimeout: config.PING_TIMEOUT_MS,
          maxHttpBufferSize: MAX_PACKET_BYTES,
          connectTimeout: 10_000,
          perMessageDeflate: false,
          httpCompression: false,
        });
        const notifications = createNotificationClient(notificationLink);
        const cluster =
          config.REDIS_URL === undefined ? undefined : await createCluster({ url: config.REDIS_URL, prefix: config.REDIS_PREFIX, logger });
        stops.add('cluster', () => cluster?.close());
        cluster?.join(io);
        // The first of a session id are its node's name, so that a gateway finds the node of a poll.
        const node = randomBytes(6).toString('base64url');
        const push = createPush(io, { clustered: cluster !== undefined });
        const grace = { graceMs: config.PRESENCE_GRACE_MS, now };
        const presence = cluster === undefined ? createMemoryPresence(grace) : createRedisPresence({ ...grace, cluster, logger });
        const bell = createBell({ io, notifications, cluster, logger, now });
        const expiry = createExpiry<RealtimeSocket>((socket) => {
          socket.emit('error', { event: 'connection', code: 'TOKEN_EXPIRED', message: 'Token expired' });
          socket.disconnect(true);
        }, now);
        stops.add('presence', () => (expiry.stop(), presence.close()));

        const handlers = {
          ...createChatHandlers({ chat, notifications, push }),
          ...bell.handlers,
          ...createPresenceHandlers({ io, presence }),
        } as SocketHandlers;
        const verifyToken = createTokenVerifier(config.JWT_SECRET);
        const sessions = createSessionCheck({ users, logger });
        acceptSockets({ io, config, verifyToken, sessions, presence, expiry, handlers, logger });
        const consuming = await bus.subscribe({
          queue: QUEUE,
          // Each node closes the sockets that it holds itself.
          everyNode: true,
          handlers: createConsumers({ io }),
          // Nothing here is worth keeping for later: a session that ended is refused at the next check as well.
          parking: { park: async (entry) => logger.error({ reason: entry.reason }, 'bus event dropped') },
        });

        stops.add('consumers', () => consuming.stop());

        const busState = createBusState(bus);
        const health = async () => ({
          service: ready ? ('ok' as const) : ('starting' as const),
          bus: busState(),
          // Chat within this node goes on without it.
          ...(cluster !== undefined && { redis: cluster.healthy() ? ('ok' as const) : ('degraded' as const) }),
        });
        const metrics = createMetrics({ service: 'realtime', bus });
        const internal = await listen(createInternalApp({ logger, tokens, health, metrics, doors: createDoors({ push, bell }) }), {
          host: config.HOST,
          port: config.INTERNAL_PORT,
        });
        stops.add('internal door', () => internal.close());
        server.on(
          'request',
          createPublicApp({
            service: 'realtime',
            handlers: createRoutes({ chat, notifications, presence }),
            verifyToken,
            logger,
            health,
            node,
          }),
        );
        // Always a TCP socket: the server is a plain one.
        server.on('upgrade', (_request, stream) => coalesceWrites(stream as Socket));
        // Attached last: Socket.IO takes its own path and leaves every other request to the listener that was there before.
        io.attach(server);
        io.engine.generateId = () => `${node}${randomBytes(12).toString('base64url')}`;
        const clients = await listen(undefined, { host: config.HOST, port: config.PORT, server });
        stops.add('client door', async () => {
          await drain(io, config.DRAIN_MS);
          await io.close();
          await clients.close();
        });
        Object.assign(address, { port: clients.port, internalPort: internal.port });
        ready = true;
        logger.info({ port: clients.port, internalPort: internal.port }, 'ready');
      } catch (error) {
        await stops.run();
        throw error;
      }
    },
    async stop() {
      ready = false;
      await stops.run();
    },
  };
}

/** Closes the transports, not the sockets: a client that is "disconnected by the server" would not come back by itself. */
async function drain(io: RealtimeServer, overMs: number): Promise<void> {
  const sockets = [...io.of('/').sockets.values()];
  const slice = Math.ceil(sockets.length / DRAIN_SLICES);
  while (sockets.length > 0) {
    for (const socket of sockets.splice(0, slice)) socket.conn.close();
    if (sockets.length > 0) await new Promise((resolve) => setTimeout(resolve, overMs / DRAIN_SLICES));
  }
}
