import { createInternalClient, createPublicApp, createTokenVerifier } from '@linsta/http';
import { createParkingStore, createUserDirectory, useDatabase } from '@linsta/mongo';
import { defineService, type AddressedService, type ServiceDeps } from '@linsta/service';
import { createRealtimeClient } from './clients/realtime';
import type { NotificationConfig } from './config';
import { createConsumers, QUEUE } from './consumers';
import { createForwarding } from './forwarding';
import { createInbox } from './inbox/inbox';
import { createEndpoints } from './internal';
import { createModels } from './model';
import { createNotifications } from './notifications';
import { createRemovals } from './removals';
import { createRoutes } from './routes';
import { createDeliveries } from './webhooks/model';
import { createWebhooks } from './webhooks/webhooks';

/** Stores notifications and forwards them to connected recipients. */
export function createNotificationService(config: NotificationConfig, deps: ServiceDeps): AddressedService {
  const { logger } = deps;
  return defineService('notification', config, deps, (host) => {
    const { now, tokens, health } = host;
    const database = useDatabase(host, config);
    const users = createInternalClient({ service: 'users', baseUrl: config.USERS_INTERNAL_URL, tokens });
    const realtimeClient = createInternalClient({ service: 'realtime', baseUrl: config.REALTIME_INTERNAL_URL, tokens });
    host.onStop('clients', () => (users.close(), realtimeClient.close()));

    const models = createModels(database.connection);
    const directory = createUserDirectory({ connection: database.connection, users });
    const realtime = createRealtimeClient({ client: realtimeClient, logger });
    const forwarding = createForwarding({ models, realtime, directory, logger });
    const removals = createRemovals({ models, forwarding, now });
    const webhooks = createWebhooks({ deliveries: createDeliveries(database.connection), webhooks: config.WEBHOOKS, logger, now });
    host.onStop('webhooks', () => webhooks.stop());
    const inbox = createInbox({ models, directory, forwarding, removals, webhooks, now });
    const notifications = createNotifications({ models, directory, removals, realtime });
    host.onStop('forwarding', () => forwarding.stop());
    host.onStop('inserts in flight', () => inbox.idle());
    return {
      clients: createPublicApp({
        service: 'notification',
        handlers: createRoutes({ notifications }),
        verifyToken: createTokenVerifier(config),
        logger,
        health,
      }),
      endpoints: createEndpoints({ notifications, forwarding }),
      consumes: {
        queue: QUEUE,
        handlers: createConsumers({ inbox, directory, furtherTypes: config.NOTIFICATION_TYPES, webhooks }),
        parking: createParkingStore(database.connection),
        prefetch: 1_000,
      },
      async prepare() {
        await database.buildIndexes();
        webhooks.start();
        forwarding.start();
      },
    };
  });
}
