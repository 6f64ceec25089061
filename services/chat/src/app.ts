import {
  createFramedService,
  createInternalClient,
  createParkingStore,
  createPeople,
  type AddressedService,
  type ServiceDeps,
} from '@linsta/server';
import { createRealtimeClient } from './clients/realtime';
import type { ChatConfig } from './config';
import { createConsumers, QUEUE } from './consumers';
import { createHeads } from './heads';
import { createHistory } from './history';
import { createDoors } from './internal';
import { createMessageSentRelay } from './message-sent';
import { createModels } from './model';
import { createRooms } from './rooms';
import { createRoutes } from './routes';
import { createSending } from './sending';

/** Rooms, messages and their order. */
export function createChatService(config: ChatConfig, deps: ServiceDeps): AddressedService {
  const { bus, logger } = deps;
  return createFramedService('chat', config, deps, ({ connection, tokens, now, onStop }) => {
    const users = createInternalClient({ neighbour: 'users', baseUrl: config.USERS_INTERNAL_URL, tokens });
    const realtimeLink = createInternalClient({ neighbour: 'realtime', baseUrl: config.REALTIME_INTERNAL_URL, tokens });
    onStop('clients', () => (users.close(), realtimeLink.close()));

    const models = createModels(connection);
    const parking = createParkingStore(connection);
    const people = createPeople({ connection, users });
    const heads = createHeads(models, { logger, now: () => now().getTime() });
    const rooms = createRooms({ models, heads, people, now });
    const history = createHistory({ models, rooms, heads, people });
    const publishing = config.PUBLISH_MESSAGE_SENT === undefined ? config.AMQP_URL !== undefined : config.PUBLISH_MESSAGE_SENT === 'true';
    const relay = createMessageSentRelay({ enabled: publishing, models, rooms, bus, logger });
    const sending = createSending({ models, heads, rooms, people, relay, logger, now, maxWaiting: config.MAX_WAITING_SENDS });
    const realtime = createRealtimeClient({ client: realtimeLink, logger });
    onStop('relay', () => relay.stop());
    onStop('sends under way', async () => {
      await sending.idle();
      await heads.settled();
      await realtime.idle();
    });
    return {
      routes: createRoutes({ rooms, history, sending, realtime }),
      doors: createDoors({ rooms, heads, history, sending }),
      consumes: { queue: QUEUE, handlers: createConsumers({ people }), parking },
      begin() {
        relay.start();
      },
    };
  });
}
