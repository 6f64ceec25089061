import { count, databaseServiceEnv, localAccounts, parseEnv } from '@linsta/core';
import { z } from 'zod';

export const env = z.object({
  ...databaseServiceEnv({ port: 4001, internalPort: 4101, database: 'linsta_users' }),
  LOCAL_ACCOUNTS: localAccounts,
  ACCESS_TOKEN_SECONDS: count(900).describe('Lifetime of an access token; a session continues by refreshing.'),
  REFRESH_TOKEN_DAYS: count(30, 3650).describe('Days without a refresh after which a session ends.'),
  ARGON2_MEMORY_KIB: count(19_456).describe('Memory of one Argon2id hash, two passes, one lane: the first choice of OWASP.'),
});

export type UsersConfig = z.output<typeof env>;
export const loadConfig = (variables: NodeJS.ProcessEnv): UsersConfig => parseEnv(env, variables);
