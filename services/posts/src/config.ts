import { databaseServiceEnv, parseEnv, usersInternalUrl } from '@linsta/core';
import { z } from 'zod';

export const env = z.object({
  ...databaseServiceEnv({ port: 4002, internalPort: 4102, database: 'linsta_posts' }),
  USERS_INTERNAL_URL: usersInternalUrl,
});

export type PostsConfig = z.output<typeof env>;
export const loadConfig = (variables: NodeJS.ProcessEnv): PostsConfig => parseEnv(env, variables);
