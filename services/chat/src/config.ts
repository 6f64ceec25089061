import { amqpUrl, commonEnv, count, flag, httpUrlOf, httpUrlsOf, mongoEnv, parseEnv, port, secret } from '@linsta/core';
import { z } from 'zod';

export const env = z.object({
  ...commonEnv,
  PORT: port(4004),
  INTERNAL_PORT: port(4104),
  ...mongoEnv,
  DATABASE: z.string().default('linsta_chat'),
  AMQP_URL: amqpUrl.optional(),
  USERS_INTERNAL_URL: httpUrlOf('http://127.0.0.1:4101'),
  REALTIME_INTERNAL_URL: httpUrlsOf('http://127.0.0.1:4106'),
  /**
   * Key of the ids of new chat rooms; by default it is derived from SERVICE_SECRET. Existing rooms
   * keep their ids.
   */
  ROOM_ID_SECRET: secret.optional(),
  /** Chat rooms that one user may open in an hour. */
  NEW_ROOMS_PER_HOUR: count(60),
  /** Participants of a room see each other's e-mail addresses. */
  SHOW_EMAIL: flag(true),
  /** Publish MESSAGE_SENT for every message. By default only where there is a broker. */
  PUBLISH_MESSAGE_SENT: z.enum(['true', 'false']).optional(),
  /** Sends that may wait for the database before further ones are refused. */
  MAX_WAITING_SENDS: count(10_000),
});

export type ChatConfig = z.output<typeof env>;
export const loadConfig = (variables: NodeJS.ProcessEnv): ChatConfig => parseEnv(env, variables);
