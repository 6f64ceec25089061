import {
  createFramedService,
  createInternalClient,
  createOutboxRelay,
  createParkingStore,
  createPeople,
  type AddressedService,
  type ServiceDeps,
} from '@linsta/server';
import type { EventsConfig } from './config';
import { createConsumers, QUEUE } from './consumers';
import { createGatherings } from './gatherings';
import { createModels } from './model';
import { createRoutes } from './routes';
import { createRsvps } from './rsvps';

/** Gatherings and who comes, and the facts that hosts are told. */
export function createEventsService(config: EventsConfig, deps: ServiceDeps): AddressedService {
  const { bus, logger } = deps;
  return createFramedService('events', config, deps, ({ connection, tokens, now, onStop }) => {
    const users = createInternalClient({ neighbour: 'users', baseUrl: config.USERS_INTERNAL_URL, tokens });
    onStop('clients', () => users.close());
    const models = createModels(connection);
    const parking = createParkingStore(connection);
    const people = createPeople({ connection, users });
    const relay = createOutboxRelay({ model: models.Rsvps, routedBy: 'gatheringId', bus, logger });
    onStop('outbox', () => relay.stop());
    const gatherings = createGatherings({ models, people, now });
    return {
      routes: createRoutes({ gatherings, rsvps: createRsvps({ models, gatherings, people, relay, now }) }),
      consumes: { queue: QUEUE, handlers: createConsumers({ people }), parking },
      begin() {
        relay.start();
      },
    };
  });
}
