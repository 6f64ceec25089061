import { amqpUrl, commonEnv, count, httpUrlOf, httpUrlsOf, milliseconds, parseEnv, port, redisUrl } from '@linsta/core';
import { z } from 'zod';

const env = z.object({
  ...commonEnv,
  PORT: port(4006),
  INTERNAL_PORT: port(4106),
  AMQP_URL: amqpUrl.optional(),
  /** Several realtime nodes know of each other through it. */
  REDIS_URL: redisUrl.optional(),
  /**
   * Begins the name of everything kept or told there: several installations may share one Redis.
   */
  REDIS_PREFIX: z
    .string()
    .regex(/^[A-Za-z][\w-]{0,31}$/, 'must be a letter and up to 31 more letters, digits, _ or -')
    .default('linsta'),
  USERS_INTERNAL_URL: httpUrlOf('http://127.0.0.1:4101'),
  CHAT_INTERNAL_URL: httpUrlsOf('http://127.0.0.1:4104'),
  NOTIFICATION_INTERNAL_URL: httpUrlOf('http://127.0.0.1:4105'),
  /**
   * How long the last device may be gone before its owner shows offline, so that a reload does not
   * flicker.
   */
  PRESENCE_GRACE_MS: milliseconds(3_000),
  /** A device that vanished is noticed after at most the sum of these two. */
  PING_INTERVAL_MS: milliseconds(15_000),
  PING_TIMEOUT_MS: milliseconds(15_000),
  MAX_SOCKETS: count(50_000),
  MAX_SOCKETS_PER_USER: count(50),
  /**
   * Data that one client, and all clients of this node together, may leave unread before
   * connections are closed.
   */
  MAX_UNSENT_BYTES: count(1024 * 1024, 64 * 1024 * 1024),
  MAX_UNSENT_TOTAL_BYTES: count(256 * 1024 * 1024, 16 * 1024 * 1024 * 1024),
  /** Presence subscriptions of all sockets of this node. */
  MAX_WATCHED_TOTAL: count(500_000, 100_000_000),
  /** Events one socket may send a second, and at once. */
  EVENTS_PER_SECOND: count(100),
  EVENTS_BURST: count(300),
  /**
   * On stopping, sockets are told to go over this time, so that they do not all come back at once.
   */
  DRAIN_MS: milliseconds(2_000, 20_000),
});

export type RealtimeConfig = z.output<typeof env>;
export const loadConfig = (variables: NodeJS.ProcessEnv): RealtimeConfig => parseEnv(env, variables);
