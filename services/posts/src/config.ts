import { amqpUrl, commonEnv, httpUrlOf, mongoEnv, parseEnv, port } from '@linsta/core';
import { z } from 'zod';

export const env = z.object({
  ...commonEnv,
  PORT: port(4002),
  INTERNAL_PORT: port(4102),
  ...mongoEnv,
  DATABASE: z.string().default('linsta_posts'),
  AMQP_URL: amqpUrl.optional(),
  USERS_INTERNAL_URL: httpUrlOf('http://127.0.0.1:4101'),
});

export type PostsConfig = z.output<typeof env>;
export const loadConfig = (variables: NodeJS.ProcessEnv): PostsConfig => parseEnv(env, variables);
