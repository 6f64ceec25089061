import { createInternalClient, createPublicApp, createTokenVerifier } from '@linsta/http';
import { createOutboxRelay, createParkingStore, createUserDirectory, useDatabase } from '@linsta/mongo';
import { defineService, type AddressedService, type ServiceDeps } from '@linsta/service';
import type { EventsConfig } from './config';
import { createConsumers, QUEUE } from './consumers';
import { createGatherings } from './gatherings';
import { createModels } from './model';
import { createRoutes } from './routes';
import { createRsvps } from './rsvps';

/** Gatherings and their RSVPs, and the events that they cause. */
export function createEventsService(config: EventsConfig, deps: ServiceDeps): AddressedService {
  const { bus, logger } = deps;
  return defineService('events', config, deps, (host) => {
    const { now, tokens, health } = host;
    const database = useDatabase(host, config);
    const users = createInternalClient({ service: 'users', baseUrl: config.USERS_INTERNAL_URL, tokens });
    host.onStop('clients', () => users.close());
    const models = createModels(database.connection);
    const directory = createUserDirectory({ connection: database.connection, users });
    const relay = createOutboxRelay({ model: models.Rsvps, routedBy: 'gatheringId', bus, logger });
    host.onStop('outbox', () => relay.stop());

    const gatherings = createGatherings({ models, directory, now });
    const rsvps = createRsvps({ models, gatherings, directory, relay, now });
    return {
      clients: createPublicApp({
        service: 'events',
        handlers: createRoutes({ gatherings, rsvps }),
        verifyToken: createTokenVerifier(config),
        logger,
        health,
      }),
      consumes: { queue: QUEUE, handlers: createConsumers({ directory }), parking: createParkingStore(database.connection) },
      async prepare() {
        await database.buildIndexes();
        relay.start();
      },
    };
  });
}
