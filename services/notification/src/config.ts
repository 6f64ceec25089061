import { amqpUrl, commonEnv, httpUrlOf, httpUrlsOf, mongoEnv, parseEnv, port } from '@linsta/core';
import { z } from 'zod';

export const env = z.object({
  ...commonEnv,
  PORT: port(4005),
  INTERNAL_PORT: port(4105),
  ...mongoEnv,
  DATABASE: z.string().default('linsta_notification'),
  AMQP_URL: amqpUrl.optional(),
  USERS_INTERNAL_URL: httpUrlOf('http://127.0.0.1:4101'),
  REALTIME_INTERNAL_URL: httpUrlsOf('http://127.0.0.1:4106'),
});

export type NotificationConfig = z.output<typeof env>;
export const loadConfig = (variables: NodeJS.ProcessEnv): NotificationConfig => parseEnv(env, variables);
