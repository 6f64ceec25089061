import { randomBytes } from 'node:crypto';
import { spreadOver } from '@linsta/core';
import { createAuthenticator, createHttpServer, createInternalClient, createPublicApp, createTokenVerifier } from '@linsta/http';
import { defineService, type AddressedService, type ServiceDeps } from '@linsta/service';
import { Server } from 'socket.io';
import { createChatClient } from './clients/chat';
import { createNotificationClient } from './clients/notification';
import { createCluster } from './cluster';
import { coalesceWebSocketWrites } from './coalesce';
import type { RealtimeConfig } from './config';
import { createSubscription } from './consumers';
import { createExpiry } from './expiry';
import { createChangeHandlers } from './handlers/changes';
import { createChatHandlers } from './handlers/chat';
import { createNotificationDelivery } from './handlers/notifications';
import { createPresenceHandlers } from './handlers/presence';
import { createTypingHandlers } from './handlers/typing';
import { createEndpoints } from './internal';
import { createMembers } from './members';
import { createSocketMetrics } from './metrics';
import { createMemoryPresence } from './presence/memory';
import { createRedisPresence } from './presence/redis';
import { createVisibility } from './presence/visibility';
import { createPush } from './push';
import { createRoutes } from './routes';
import type { RealtimeServer, RealtimeSocket } from './server';
import { acceptSockets } from './sockets/accept';
import { createAuthenticate } from './sockets/authenticate';
import { createFlows } from './sockets/flow';
import { createSessionSweep } from './sockets/sessions';
import { createTyping } from './typing';

/**
 * A message of 4,000 characters takes at most 48 kB as JSON escapes, a resume of 1,000 rooms about
 * 60 kB. Larger packets are read up to about Socket.IO's own limit, so that their sender gets a
 * clear error instead of a closed connection.
 */
const MAX_PACKET_BYTES = 1_152 * 1024;

const createSocketServer = (config: RealtimeConfig): RealtimeServer =>
  new Server({
    path: '/socket.io',
    serveClient: false,
    pingInterval: config.PING_INTERVAL_MS,
    pingTimeout: config.PING_TIMEOUT_MS,
    maxHttpBufferSize: MAX_PACKET_BYTES,
    connectTimeout: 10_000,
    perMessageDeflate: false,
    httpCompression: false,
  });

/** Socket.IO connections of clients, and presence. */
export function createRealtimeService(config: RealtimeConfig, deps: ServiceDeps): AddressedService {
  const { logger } = deps;
  return defineService('realtime', config, deps, async (host) => {
    const { now, tokens, health } = host;
    const users = createInternalClient({ service: 'users', baseUrl: config.USERS_INTERNAL_URL, tokens });
    const notificationClient = createInternalClient({ service: 'notification', baseUrl: config.NOTIFICATION_INTERNAL_URL, tokens });
    const chat = createChatClient({ urls: config.CHAT_INTERNAL_URL, tokens });
    host.onStop('clients', () => (users.close(), notificationClient.close(), chat.close()));

    const io = createSocketServer(config);
    const cluster =
      config.REDIS_URL === undefined ? undefined : await createCluster({ url: config.REDIS_URL, prefix: config.REDIS_PREFIX, logger });
    host.onStop('cluster', () => cluster?.close());
    cluster?.join(io);
    // Chat within this node goes on without Redis.
    if (cluster !== undefined) host.addHealth('redis', () => (cluster.healthy() ? 'ok' : 'degraded'));

    const grace = { graceMs: config.PRESENCE_GRACE_MS, now };
    const presence = cluster === undefined ? createMemoryPresence(grace) : createRedisPresence({ ...grace, cluster, logger });
    const expiry = createExpiry<RealtimeSocket>((socket) => {
      socket.emit('error', { event: 'connection', code: 'TOKEN_EXPIRED', message: 'Token expired' });
      socket.disconnect(true);
    }, now);
    host.onStop('presence', () => (expiry.stop(), presence.close()));

    const notifications = createNotificationClient(notificationClient);
    const push = createPush(io, { clustered: cluster !== undefined });
    const visibility = createVisibility({ users });
    const watching = createPresenceHandlers({ io, presence, visibility, maxWatchedTotal: config.MAX_WATCHED_TOTAL });
    const members = createMembers({ chat });
    const typing = createTyping({ push });
    const delivery = createNotificationDelivery({ io, notifications, cluster, logger, now });
    const handlers = {
      ...createChatHandlers({ chat, notifications, push }),
      ...createChangeHandlers({ chat, push }),
      ...delivery.handlers,
      ...createTypingHandlers({ members, typing }),
      ...watching.handlers,
    };
    const authenticator = await createAuthenticator({ config, users, logger });
    const { sessions } = authenticator;
    const authenticate = createAuthenticate(authenticator);
    const sweep = createSessionSweep({ io, sessions, busHealthy: () => deps.bus.healthy(), logger });
    host.onStop('session sweep', () => sweep.stop());
    const flows = createFlows({ maxUnsentBytes: config.MAX_UNSENT_BYTES, maxUnsentTotalBytes: config.MAX_UNSENT_TOTAL_BYTES });

    // A session id begins with the name of its node, so that a gateway finds the node of a polling
    // request.
    const node = randomBytes(6).toString('base64url');
    const server = createHttpServer();
    server.on(
      'request',
      createPublicApp({
        service: 'realtime',
        handlers: createRoutes({ chat, notifications, presence, visibility, members, typing }),
        verifyToken: createTokenVerifier(config),
        logger,
        health,
        node,
      }),
    );
    // Attached last: Socket.IO takes its own path and leaves every other request to the earlier
    // listener.
    io.attach(server);
    const metrics = host.addMetrics((registry) => createSocketMetrics(registry, io, flows.total));
    acceptSockets({ io, config, authenticate, sessions, presence, visibility, expiry, flows, metrics, handlers, logger });
    coalesceWebSocketWrites(io);
    io.engine.generateId = () => `${node}${randomBytes(12).toString('base64url')}`;

    return {
      clients: server,
      async closeClients(listening) {
        // Closes the transports, not the sockets: a client that is "disconnected by the server"
        // does not reconnect.
        await spreadOver([...io.of('/').sockets.values()], config.DRAIN_MS, (socket) => socket.conn.close());
        await io.close();
        await listening.close();
      },
      endpoints: createEndpoints({ push, delivery }),
      consumes: createSubscription({ io, sessions, visibility, presence, unwatch: watching.unwatch, logger }),
    };
  });
}
