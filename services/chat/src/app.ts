import { createInternalClient, createPublicApp, createTokenVerifier } from '@linsta/http';
import { createParkingStore, createUserDirectory, createWindowCounter, useDatabase } from '@linsta/mongo';
import { defineService, type AddressedService, type ServiceDeps } from '@linsta/service';
import { createRealtimeClient } from './clients/realtime';
import type { ChatConfig } from './config';
import { createConsumers, QUEUE } from './consumers';
import { createEndpoints } from './internal';
import { createChanging } from './messages/change';
import { createChangeAndPush } from './messages/change-and-push';
import { createRoomChange } from './messages/change-room';
import { createEarlierTexts } from './messages/earlier-texts';
import { createHistory } from './messages/history';
import { createInsert } from './messages/insert';
import { createMessageSentRelay } from './messages/publish';
import { createQuotes } from './messages/quotes';
import { createResume } from './messages/resume';
import { createSendAndPush } from './messages/send-and-push';
import { createSending } from './messages/send';
import { createSequence } from './messages/sequence';
import { createTurns } from './messages/turns';
import { createModels, createPresenter } from './model';
import { createDelivered } from './rooms/delivered';
import { createMarkDelivered } from './rooms/mark-and-push';
import { createParticipants } from './rooms/participants';
import { createReads } from './rooms/reads';
import { createAudience } from './rooms/receipts';
import { createRoomIds, roomKeyOf } from './rooms/room-ids';
import { createRooms } from './rooms/rooms';
import { createSummaries } from './rooms/summaries';
import { createRoutes } from './routes';

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
    const sequence = createSequence(models);
    const participants = createParticipants(models);
    const summaries = createSummaries(models, { logger, now: () => now().getTime() });
    const present = createPresenter({ showEmail: config.SHOW_EMAIL });
    const rooms = createRooms({
      models,
      participants,
      summaries,
      directory,
      roomIdOf: createRoomIds(config.ROOM_ID_SECRET ?? roomKeyOf(config.SERVICE_SECRET)),
      openings: createWindowCounter({ connection: database.connection, collection: 'room_openings', windowSeconds: 3_600, now }),
      maxNewPerHour: config.NEW_ROOMS_PER_HOUR,
      present,
      now,
    });
    const audience = createAudience(directory);
    const reads = createReads({ models, participants, sequence, summaries, audience });
    const turns = createTurns(models);
    const history = createHistory({ models, participants, sequence, directory, present });
    const resume = createResume({ models, history, turns, summaries, directory });
    const publishing = config.PUBLISH_MESSAGE_SENT === undefined ? config.AMQP_URL !== undefined : config.PUBLISH_MESSAGE_SENT === 'true';
    const relay = createMessageSentRelay({ enabled: publishing, models, participants, bus, logger });
    const earlierTexts = createEarlierTexts({ models, participants });
    const quotes = createQuotes(models);
    const insert = createInsert({ models, sequence, earlierTexts, marked: relay.enabled, logger, now });
    const maxWaiting = config.MAX_WAITING_SENDS;
    const sending = createSending({ insert, quotes, participants, summaries, directory, relay, logger, maxWaiting });
    const editWindowSeconds = config.MESSAGE_EDIT_WINDOW_SECONDS;
    const changeRoom = createRoomChange({ models, turns, logger, editWindowSeconds, now });
    const changing = createChanging({
      changeRoom,
      participants,
      directory,
      onEdited: (message) => summaries.edited(message),
      logger,
      maxWaiting,
    });
    const delivered = createDelivered({ models, participants, sequence, audience, logger, maxWaiting });
    const realtime = createRealtimeClient({ client: realtimeClient, logger });
    const sendAndPush = createSendAndPush({ sending, realtime });
    const changeAndPush = createChangeAndPush({ changing, realtime });
    const markDelivered = createMarkDelivered({ delivered, realtime });
    host.onStop('relay', () => relay.stop());
    host.onStop('sends in flight', async () => {
      await Promise.all([sending.idle(), changing.idle(), delivered.idle()]);
      await summaries.flush();
      await realtime.idle();
    });
    return {
      clients: createPublicApp({
        service: 'chat',
        handlers: createRoutes({ rooms, reads, history, sendAndPush, changeAndPush, earlierTexts, markDelivered, realtime }),
        verifyToken: createTokenVerifier(config),
        logger,
        health,
      }),
      endpoints: createEndpoints({ participants, reads, sequence, history, resume, sending, changing, delivered, rooms, sendAndPush }),
      consumes: { queue: QUEUE, handlers: createConsumers({ directory }), parking: createParkingStore(database.connection) },
      async prepare() {
        await database.buildIndexes();
        relay.start();
      },
    };
  });
}
