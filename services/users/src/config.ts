import { amqpUrl, commonEnv, count, mongoEnv, parseEnv, port } from '@linsta/core';
import { z } from 'zod';

export const env = z.object({
  ...commonEnv,
  PORT: port(4001),
  INTERNAL_PORT: port(4101),
  ...mongoEnv,
  DATABASE: z.string().default('linsta_users'),
  AMQP_URL: amqpUrl.optional(),
  /** Lifetime of an access token; a session continues by refreshing. */
  ACCESS_TOKEN_SECONDS: count(900),
  REFRESH_TOKEN_DAYS: count(30, 3650),
  /** Argon2id: OWASP's first choice is 19 MiB, two passes, one lane. */
  ARGON2_MEMORY_KIB: count(19_456),
});

export type UsersConfig = z.output<typeof env>;
export const loadConfig = (variables: NodeJS.ProcessEnv): UsersConfig => parseEnv(env, variables);
