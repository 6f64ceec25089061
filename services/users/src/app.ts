import { createFramedService, createOutboxRelay, type AddressedService, type ServiceDeps } from '@linsta/server';
import { createAccounts } from './accounts';
import type { UsersConfig } from './config';
import { createDoors } from './internal';
import { createModels } from './model';
import { createPasswords } from './passwords';
import { createRoutes } from './routes';
import { createSessions } from './sessions';

/** Accounts, sign-in and sessions. */
export function createUsersService(config: UsersConfig, deps: ServiceDeps): AddressedService {
  const { bus, logger } = deps;
  return createFramedService('users', config, deps, ({ connection, now, onStop }) => {
    const models = createModels(connection);
    const userRelay = createOutboxRelay({ model: models.Users, bus, logger });
    const sessionRelay = createOutboxRelay({ model: models.Sessions as never, bus, logger });
    const sessions = createSessions({
      models,
      relay: sessionRelay,
      now,
      jwtSecret: config.JWT_SECRET,
      accessTokenSeconds: config.ACCESS_TOKEN_SECONDS,
      refreshTokenDays: config.REFRESH_TOKEN_DAYS,
    });
    const accounts = createAccounts({ models, sessions, passwords: createPasswords(config.ARGON2_MEMORY_KIB), relay: userRelay, now });
    onStop('outbox', () => Promise.all([userRelay.stop(), sessionRelay.stop()]));
    return {
      routes: createRoutes({ accounts, sessions }),
      doors: createDoors({ accounts, sessions }),
      begin() {
        userRelay.start();
        sessionRelay.start();
      },
    };
  });
}
