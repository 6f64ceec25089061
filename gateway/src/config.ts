import { commonEnv, count, httpUrlOf, httpUrlsOf, localAccounts, milliseconds, parseEnv, port, url, usersInternalUrl } from '@linsta/core';
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

const serviceUrl = (name: string, fallback: string) => httpUrlOf(fallback).describe(`The ${name} service, for clients.`);

export const env = z.object({
  ...commonEnv,
  PORT: port(5000).describe('Port of the listener for clients.'),
  INTERNAL_PORT: port(0).optional().describe('Port of the listener for operators: `/metrics` and `/readyz`. Unset: there is none.'),
  OPERATOR_HOST: z.string().default('127.0.0.1').describe('Address that the listener for operators binds to.'),
  BASE_PATH: z
    .string()
    .regex(/^(?:\/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+$/, 'must begin with a slash and not end with one, e.g. /linsta')
    .optional()
    .describe('Everything is served below this path, e.g. /linsta; /livez and /readyz answer at the root as well.'),
  TOKEN_ORIGINS: list
    .refine((entries) => entries.every(isWebOrigin), 'must be exact web origins such as https://www.example.com, separated by commas')
    .default([])
    .describe('Pages of these origins may embed the web app and hand over a token by postMessage, separated by commas.'),
  SIGN_IN_URL: url(/^https?$/)
    .optional()
    .describe('Where users sign in when LOCAL_ACCOUNTS is off; a link of the web app.'),
  USERS_URL: serviceUrl('users', 'http://127.0.0.1:4001'),
  POSTS_URL: serviceUrl('posts', 'http://127.0.0.1:4002'),
  EVENTS_URL: serviceUrl('events', 'http://127.0.0.1:4003'),
  CHAT_URL: serviceUrl('chat', 'http://127.0.0.1:4004'),
  NOTIFICATION_URL: serviceUrl('notification', 'http://127.0.0.1:4005'),
  REALTIME_URL: httpUrlsOf('http://127.0.0.1:4006').describe(
    'The realtime nodes, separated by commas; every address of a name counts as a node.',
  ),
  USERS_INTERNAL_URL: usersInternalUrl,
  CHAT_INTERNAL_URL: httpUrlsOf('http://127.0.0.1:4104').describe('The internal listeners of the chat nodes, separated by commas.'),
  API_KEYS: list
    .transform((entries) =>
      entries.map((entry) => {
        const [, name = '', hash = ''] = /^([A-Za-z0-9_.-]{1,64}):([0-9a-fA-F]{64})$/.exec(entry) ?? [];
        return { name, hash: Buffer.from(hash, 'hex') };
      }),
    )
    .refine(
      (keys) => keys.every(({ name }) => name !== ''),
      'must be name:sha256 entries, separated by commas, each hash of 64 hexadecimal digits',
    )
    .default([])
    .describe('API keys of servers: name:sha256 of the key, separated by commas; see docs/server-api.md.'),
  SERVER_RATE_LIMIT_PER_MINUTE: count(6_000).describe('Calls per API key and minute.'),
  CORS_ORIGIN: list
    .refine(
      (entries) => entries.every(isOrigin),
      'must be exact origins such as https://app.example.com, separated by commas, without a path',
    )
    .optional()
    .describe(
      'Browser origins that may call, separated by commas, e.g. https://app.example.com or capacitor://localhost. The ' +
        "gateway's own pages always may. Unset, outside of production: pages on localhost may as well, on any port.",
    ),
  LOCAL_ACCOUNTS: localAccounts,
  CORS_HEADERS: list
    .refine((entries) => entries.every((name) => /^[A-Za-z0-9-]{1,64}$/.test(name)), 'must be names of headers, separated by commas')
    .default([])
    .describe('Further request headers that pages of other origins may send, separated by commas.'),
  TRUSTED_PROXIES: list
    .refine(
      (entries) => entries.every(isNetwork),
      'must be addresses, networks such as 10.0.0.0/8, loopback or uniquelocal, separated by commas',
    )
    .default([])
    .describe('Proxies whose X-Forwarded-For is believed: addresses, networks, loopback or uniquelocal, separated by commas.'),
  TRUST_PROXY: z.coerce
    .number('must be a number of proxies')
    .int()
    .min(0)
    .max(10)
    .default(0)
    .describe('Instead of TRUSTED_PROXIES: the number of proxies before the gateway, whatever their addresses.'),
  RATE_LIMIT_PER_MINUTE: count(3_000).describe('Requests per client address and minute, /livez included.'),
  USER_RATE_LIMIT_PER_MINUTE: count(1_200).describe('Requests per user and minute.'),
  SEARCH_RATE_LIMIT_PER_MINUTE: count(60).describe('Searches for users per signed-in user and minute, against harvesting.'),
  AUTH_RATE_LIMIT_PER_MINUTE: count(120).describe('Registrations, sign-ins and refreshes per client address and minute.'),
  SOCKET_RATE_LIMIT_PER_MINUTE: count(6_000).describe('Polling requests and WebSocket upgrades per client address and minute.'),
  MAX_CONNECTIONS: count(9_000).describe('TCP connections in total; an upgraded one takes two file descriptors.'),
  MAX_CONNECTIONS_PER_ADDRESS: count(1_000).describe('TCP connections per client address, upgraded or not.'),
  MAX_BODY_BYTES: count(64 * 1024, 16 * 1024 * 1024).describe('Largest request body.'),
  UPSTREAM_TIMEOUT_MS: milliseconds(4_800).describe('Time for a service to answer a request, and for silence within its answer.'),
  POLLING_TIMEOUT_MS: milliseconds(60_000).describe('The same for a long poll; more than PING_INTERVAL_MS of realtime.'),
  TUNNEL_IDLE_MS: milliseconds(90_000).describe(
    'A WebSocket without traffic for this long is closed; more than PING_INTERVAL_MS and PING_TIMEOUT_MS of realtime together.',
  ),
  HEADERS_TIMEOUT_MS: milliseconds(10_000).describe('Time for the headers of a request to arrive.'),
  REQUEST_TIMEOUT_MS: milliseconds(30_000).describe('Time for a whole request to arrive.'),
  DRAIN_MS: milliseconds(2_000, 20_000).describe(
    'On stopping, WebSockets are closed over this time, so that they do not reconnect at once.',
  ),
});

export type GatewayConfig = z.output<typeof env>;
export const loadConfig = (variables: NodeJS.ProcessEnv): GatewayConfig => parseEnv(env, variables);
