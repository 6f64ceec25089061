import { createPublicApp, createTokenVerifier } from '@linsta/http';
import { itemAt } from '@linsta/core';
import { createOutboxRelay, createParkingStore, createWindowCounter, useDatabase } from '@linsta/mongo';
import { defineService, type AddressedService, type ServiceDeps } from '@linsta/service';
import { createAccounts } from './accounts/accounts';
import { createLoginGuard, GUARD_WINDOW_SECONDS } from './accounts/login-guard';
import { createPasswords } from './accounts/passwords';
import type { UsersConfig } from './config';
import { createConsumers, QUEUE } from './consumers';
import { createEndpoints } from './internal';
import { createModels } from './model';
import { createRoutes } from './routes';
import { createProfiles } from './profiles/profiles';
import { createEndings } from './sessions/endings';
import { createServerEvents } from './server-events';
import { createSessions } from './sessions/sessions';

/** Accounts, sign-in and sessions. */
export function createUsersService(config: UsersConfig, deps: ServiceDeps): AddressedService {
  const { bus, logger } = deps;
  return defineService('users', config, deps, (host) => {
    const { now, health } = host;
    const database = useDatabase(host, config);
    const models = createModels(database.connection);
    const userRelay = createOutboxRelay({ model: models.Users, bus, logger });
    const sessionRelay = createOutboxRelay({ model: models.Sessions as never, bus, logger });
    const endingRelay = createOutboxRelay({ model: models.Endings, bus, logger });
    host.onStop('outbox', () => Promise.all([userRelay.stop(), sessionRelay.stop(), endingRelay.stop()]));

    const sessions = createSessions({
      models,
      relay: sessionRelay,
      now,
      jwtSecret: itemAt(config.JWT_SECRET, 0),
      accessTokenSeconds: config.ACCESS_TOKEN_SECONDS,
      refreshTokenDays: config.REFRESH_TOKEN_DAYS,
    });
    const endings = createEndings({ models, sessions, relay: endingRelay, now });
    const profiles = createProfiles({ models, relay: userRelay, now });
    const attempts = createWindowCounter({
      connection: database.connection,
      collection: 'attempts',
      windowSeconds: GUARD_WINDOW_SECONDS,
      now,
    });
    const accounts = createAccounts({
      models,
      sessions,
      passwords: createPasswords(config.ARGON2_MEMORY_KIB),
      guard: createLoginGuard(attempts),
      relay: userRelay,
      now,
      production: config.NODE_ENV === 'production',
      enabled: config.LOCAL_ACCOUNTS,
    });
    return {
      clients: createPublicApp({
        service: 'users',
        handlers: createRoutes({
          accounts,
          sessions,
          verifyForLogout: createTokenVerifier(config, { acceptExpired: true }),
        }),
        verifyToken: createTokenVerifier(config),
        logger,
        health,
      }),
      endpoints: createEndpoints({ accounts, profiles, sessions, endings, publishEvents: createServerEvents({ bus, logger }) }),
      consumes: {
        queue: QUEUE,
        handlers: createConsumers({ profiles, sessions, endings }),
        parking: createParkingStore(database.connection),
      },
      async prepare() {
        await database.buildIndexes();
        userRelay.start();
        sessionRelay.start();
        endingRelay.start();
        await accounts.closeDemoAccounts();
      },
    };
  });
}
