import { amqpUrl, commonEnv, count, flag, httpUrlOf, httpUrlsOf, mongoEnv, parseEnv, port } from '@linsta/core';
import { z } from 'zod';

const env = z.object({
  ...commonEnv,
  PORT: port(4004),
  INTERNAL_PORT: port(4104),
  ...mongoEnv,
  DATABASE: z.string().default('linsta_chat'),
  AMQP_URL: amqpUrl.optional(),
  USERS_INTERNAL_URL: httpUrlOf('http://127.0.0.1:4101'),
  REALTIME_INTERNAL_URL: httpUrlsOf('http://127.0.0.1:4106'),
  /** Tell the bus of every message. Off where nobody outside this process could listen. */
  PUBLISH_MESSAGE_SENT: z.enum(['true', 'false']).optional(),
  /** Sends that may wait for the database before more are refused. */
  MAX_WAITING_SENDS: count(10_000),
  RUN_SWEEPS: flag(true),
});

export type ChatConfig = z.output<typeof env>;
export const loadConfig = (variables: NodeJS.ProcessEnv): ChatConfig => parseEnv(env, variables);
