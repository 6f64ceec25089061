import {
  amqpUrl,
  commonEnv,
  count,
  httpUrlOf,
  httpUrlsOf,
  internalPort,
  milliseconds,
  parseEnv,
  port,
  redisUrl,
  usersInternalUrl,
} from '@linsta/core';
import { z } from 'zod';

export const env = z.object({
  ...commonEnv,
  PORT: port(4006).describe('Port of the listener for clients.'),
  INTERNAL_PORT: internalPort(4106),
  AMQP_URL: amqpUrl.optional(),
  REDIS_URL: redisUrl.optional(),
  REDIS_PREFIX: z
    .string()
    .regex(/^[A-Za-z][\w-]{0,31}$/, 'must be a letter and up to 31 more letters, digits, _ or -')
    .default('linsta')
    .describe('Begins the name of every key and channel in Redis, so that several installations can share one.'),
  USERS_INTERNAL_URL: usersInternalUrl,
  CHAT_INTERNAL_URL: httpUrlsOf('http://127.0.0.1:4104').describe('The internal listeners of the chat nodes, separated by commas.'),
  NOTIFICATION_INTERNAL_URL: httpUrlOf('http://127.0.0.1:4105').describe('The internal listener of the notification service.'),
  PRESENCE_GRACE_MS: milliseconds(3_000).describe(
    'Time after the end of the last connection of a user before the user is offline, so that a reload does not flicker.',
  ),
  PING_INTERVAL_MS: milliseconds(15_000).describe('Interval of the heartbeat of every connection.'),
  PING_TIMEOUT_MS: milliseconds(15_000).describe('A connection without a heartbeat for this long after an interval is closed.'),
  MAX_SOCKETS: count(50_000).describe('Sockets of this node.'),
  MAX_SOCKETS_PER_USER: count(50).describe('Sockets of one user on this node.'),
  MAX_UNSENT_BYTES: count(1024 * 1024, 64 * 1024 * 1024).describe('Data that one client may leave unread before its connection is closed.'),
  MAX_UNSENT_TOTAL_BYTES: count(256 * 1024 * 1024, 16 * 1024 * 1024 * 1024).describe(
    'Data that all clients of this node may leave unread before the connections of slow ones are closed.',
  ),
  MAX_WATCHED_TOTAL: count(500_000, 100_000_000).describe('Presence subscriptions of all sockets of this node.'),
  EVENTS_PER_SECOND: count(100).describe('Events per second of one socket, on average.'),
  EVENTS_BURST: count(300).describe('Events of one socket at once.'),
  DRAIN_MS: milliseconds(2_000, 20_000).describe(
    'On stopping, connections are closed over this time, so that they do not reconnect at once.',
  ),
});

export type RealtimeConfig = z.output<typeof env>;
export const loadConfig = (variables: NodeJS.ProcessEnv): RealtimeConfig => parseEnv(env, variables);
