import { amqpUrl, commonEnv, httpUrlOf, mongoEnv, parseEnv, port } from '@linsta/core';
import { z } from 'zod';

export const env = z.object({
  ...commonEnv,
  PORT: port(4003),
  INTERNAL_PORT: port(4103),
  ...mongoEnv,
  DATABASE: z.string().default('linsta_events'),
  AMQP_URL: amqpUrl.optional(),
  USERS_INTERNAL_URL: httpUrlOf('http://127.0.0.1:4101'),
});

export type EventsConfig = z.output<typeof env>;
export const loadConfig = (variables: NodeJS.ProcessEnv): EventsConfig => parseEnv(env, variables);
