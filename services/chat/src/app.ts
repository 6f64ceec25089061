import { createInternalClient, createPublicApp, createTokenVerifier } from '@linsta/http';
import { createParkingStore, createUserDirectory, useDatabase } from '@linsta/mongo';
import { defineService, type AddressedService, type ServiceDeps } from '@linsta/service';
import { createRealtimeClient } from './clients/realtime';
import type { ChatConfig } from './config';
import { createConsumers, QUEUE } from './consumers';
import { createHeads } from './heads';
import { createHistory } from './history';
import { createEndpoints } from './internal';
import { createMessageSentRelay } from './message-sent';
import { createModels } from './model';
import { createRooms } from './rooms';
import { createRoutes } from './routes';
import { createSending } from './sending';

/** Rooms, messages and their order. */
export function createChatService(config: ChatConfig, deps: ServiceDeps): AddressedService {
  const { bus, logger } = deps;
  return defineService('chat', config, deps, (host) => {
    const { now, tokens, health } = host;
    const database = useDatabase(host, config);
    const users = createInternalClient({ service: 'users', baseUrl: config.USERS_INTERNAL_URL, tokens });
    const realtimeClient = createInternalClient({ service: 'realtime', baseUrl: config.REALTIME_INTERNAL_URL, tokens });
    host.onStop('clients', () => (users.close(), realtimeClient.close()));

    const models = createModels(database.connection);
    const directory = createUserDirectory({ connection: database.connection, users });
    const heads = createHeads(models, { logger, now: () => now().getTime() });
    const rooms = createRooms({ models, heads, directory, now });
    const history = createHistory({ models, rooms, heads, directory });
    const publishing = config.PUBLISH_MESSAGE_SENT === undefined ? config.AMQP_URL !== undefined : config.PUBLISH_MESSAGE_SENT === 'true';
    const relay = createMessageSentRelay({ enabled: publishing, models, rooms, bus, logger });
    const sending = createSending({ models, heads, rooms, directory, relay, logger, now, maxWaiting: config.MAX_WAITING_SENDS });
    const realtime = createRealtimeClient({ client: realtimeClient, logger });
    host.onStop('relay', () => relay.stop());
    host.onStop('sends in flight', async () => {
      await sending.idle();
      await heads.settled();
      await realtime.idle();
    });
    return {
      clients: createPublicApp({
        service: 'chat',
        handlers: createRoutes({ rooms, history, sending, realtime }),
        verifyToken: createTokenVerifier(config.JWT_SECRET),
        logger,
        health,
      }),
      endpoints: createEndpoints({ rooms, heads, history, sending }),
      consumes: { queue: QUEUE, handlers: createConsumers({ directory }), parking: createParkingStore(database.connection) },
      async prepare() {
        await database.buildIndexes();
        relay.start();
      },
    };
  });
}
