import { commonEnv, count, httpUrlOf, httpUrlsOf, milliseconds, parseEnv, port } from '@linsta/core';
import { isIP } from 'node:net';
import { z } from 'zod';

const isWebOrigin = (text: string) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol) && new URL(text).origin === text;
/**
 * Apps in a native shell send an origin of their own scheme, e.g. capacitor://localhost or
 * tauri://localhost.
 */
const isAppOrigin = (text: string) => /^(?!https?:|file:|data:|javascript:)[a-z][a-z0-9+.-]*:\/\/[a-z0-9.-]+(:\d+)?$/.test(text);
const isOrigin = (text: string) => isWebOrigin(text) || isAppOrigin(text);

const list = z.string().transform((text) =>
  text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== ''),
);
const isNetwork = (text: string) => {
  if (['loopback', 'linklocal', 'uniquelocal'].includes(text)) return true;
  const [address = '', bits, ...more] = text.split('/');
  return isIP(address) !== 0 && more.length === 0 && (bits === undefined || /^\d{1,3}$/.test(bits));
};

const env = z.object({
  ...commonEnv,
  PORT: port(5000),
  USERS_URL: httpUrlOf('http://127.0.0.1:4001'),
  POSTS_URL: httpUrlOf('http://127.0.0.1:4002'),
  EVENTS_URL: httpUrlOf('http://127.0.0.1:4003'),
  CHAT_URL: httpUrlOf('http://127.0.0.1:4004'),
  NOTIFICATION_URL: httpUrlOf('http://127.0.0.1:4005'),
  /**
   * One or more, separated by commas; a name that stands for several addresses counts as so many
   * nodes.
   */
  REALTIME_URL: httpUrlsOf('http://127.0.0.1:4006'),
  USERS_INTERNAL_URL: httpUrlOf('http://127.0.0.1:4101'),
  /**
   * Browser origins that may call, separated by commas, e.g. `https://app.example.com`. Pages of
   * the gateway's own address always may. Unset, outside production, pages on localhost may too,
   * whatever their port: a frontend's development server.
   */
  CORS_ORIGIN: list
    .refine(
      (entries) => entries.every(isOrigin),
      'must be exact origins such as https://app.example.com, separated by commas, without a path',
    )
    .optional(),
  CORS_HEADERS: list
    .refine((entries) => entries.every((name) => /^[A-Za-z0-9-]{1,64}$/.test(name)), 'must be names of headers, separated by commas')
    .default([]),
  TRUSTED_PROXIES: list
    .refine(
      (entries) => entries.every(isNetwork),
      'must be addresses, networks such as 10.0.0.0/8, loopback or uniquelocal, separated by commas',
    )
    .default([]),
  /**
   * How many proxies of ours stand before the gateway; that many X-Forwarded-For entries, from the
   * right, are believed.
   */
  TRUST_PROXY: z.coerce.number('must be a number of proxies').int().min(0).max(10).default(0),
  RATE_LIMIT_PER_MINUTE: count(3_000),
  USER_RATE_LIMIT_PER_MINUTE: count(1_200),
  /**
   * Registering, signing in and refreshing, per address: each costs a password hash or a signature.
   */
  AUTH_RATE_LIMIT_PER_MINUTE: count(120),
  /** Socket.IO polling requests and WebSocket upgrades, per address. */
  SOCKET_RATE_LIMIT_PER_MINUTE: count(6_000),
  /** A WebSocket takes two file descriptors here. */
  MAX_CONNECTIONS: count(9_000),
  MAX_CONNECTIONS_PER_ADDRESS: count(1_000),
  MAX_BODY_BYTES: count(64 * 1024, 16 * 1024 * 1024),
  /**
   * A little less than the 5 s within which everybody gets an answer, also while a database hangs.
   */
  UPSTREAM_TIMEOUT_MS: milliseconds(4_800),
  /** A long poll is answered late on purpose: after the ping interval of realtime at the latest. */
  POLLING_TIMEOUT_MS: milliseconds(60_000),
  /**
   * A WebSocket on which nothing moves for so long is dead; more than ping interval and ping
   * timeout of realtime together.
   */
  TUNNEL_IDLE_MS: milliseconds(90_000),
  HEADERS_TIMEOUT_MS: milliseconds(10_000),
  REQUEST_TIMEOUT_MS: milliseconds(30_000),
  /** On stopping, sockets are ended over this time, so that they do not all come back at once. */
  DRAIN_MS: milliseconds(2_000, 20_000),
});

export type GatewayConfig = z.output<typeof env>;
export const loadConfig = (variables: NodeJS.ProcessEnv): GatewayConfig => parseEnv(env, variables);
