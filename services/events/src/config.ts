import { databaseServiceEnv, parseEnv, usersInternalUrl } from '@linsta/core';
import { z } from 'zod';

export const env = z.object({
  ...databaseServiceEnv({ port: 4003, internalPort: 4103, database: 'linsta_events' }),
  USERS_INTERNAL_URL: usersInternalUrl,
});

export type EventsConfig = z.output<typeof env>;
export const loadConfig = (variables: NodeJS.ProcessEnv): EventsConfig => parseEnv(env, variables);
