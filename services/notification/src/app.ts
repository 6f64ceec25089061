import {
  createFramedService,
  createInternalClient,
  createParkingStore,
  createPeople,
  type AddressedService,
  type ServiceDeps,
} from '@linsta/server';
import { createRealtimeClient } from './clients/realtime';
import type { NotificationConfig } from './config';
import { createConsumers, QUEUE } from './consumers';
import { createForwarding } from './forwarding';
import { createInbox } from './inbox';
import { createDoors } from './internal';
import { createModels } from './model';
import { createNotifications } from './notifications';
import { createRoutes } from './routes';

/** Saves what people are to hear of, and forwards it to whoever is connected. */
export function createNotificationService(config: NotificationConfig, deps: ServiceDeps): AddressedService {
  const { logger } = deps;
  return createFramedService('notification', config, deps, ({ connection, tokens, now, onStop }) => {
    const users = createInternalClient({ neighbour: 'users', baseUrl: config.USERS_INTERNAL_URL, tokens });
    const realtimeLink = createInternalClient({ neighbour: 'realtime', baseUrl: config.REALTIME_INTERNAL_URL, tokens });
    onStop('clients', () => (users.close(), realtimeLink.close()));

    const models = createModels(connection);
    const parking = createParkingStore(connection);
    const people = createPeople({ connection, users });
    const realtime = createRealtimeClient({ client: realtimeLink, logger });
    const forwarding = createForwarding({ models, realtime, logger });
    const inbox = createInbox({ models, people, forwarding, now });
    const notifications = createNotifications({ models, realtime });
    onStop('forwarding', () => forwarding.stop());
    onStop('inserts under way', () => inbox.idle());
    return {
      routes: createRoutes({ notifications }),
      doors: createDoors({ notifications, forwarding }),
      consumes: { queue: QUEUE, handlers: createConsumers({ inbox, people }), parking, prefetch: 1_000 },
      begin() {
        forwarding.start();
      },
    };
  });
}
