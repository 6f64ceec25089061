import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { issuersVariable } from './issuers';
import { notificationTypesVariable } from './notification-types';

/**
 * A configuration that cannot work: every fault together, each naming its variable. The process
 * exits 78 (EX_CONFIG).
 */
export class ConfigError extends Error {
  constructor(readonly faults: string[]) {
    super(`The configuration cannot work:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`);
    this.name = 'ConfigError';
  }
}

/**
 * Part of every secret that is written down in this repository; none of them starts in production.
 */
const DEVELOPMENT_ONLY = 'for-development-only';

/**
 * Adds each variable that is given as a file, e.g. JWT_SECRET_FILE, the way container platforms
 * hand over secrets.
 */
function withFiles(names: string[], env: Record<string, string>, faults: string[]): Record<string, string> {
  const read = { ...env };
  for (const name of names) {
    const path = env[`${name}_FILE`];
    if (path === undefined) continue;
    if (env[name] !== undefined) faults.push(`${name} and ${name}_FILE are both set; keep one`);
    else
      try {
        read[name] = readFileSync(path, 'utf8').replace(/\r?\n$/, '');
      } catch {
        faults.push(`${name}_FILE names ${path}, which cannot be read`);
      }
  }
  return read;
}

/**
 * Reads the variables of `schema` from `env`; empty strings count as unset. Throws a ConfigError
 * with every fault. Each variable may be given as a file instead, by its name with _FILE.
 */
export function parseEnv<T extends z.ZodObject>(schema: T, env: NodeJS.ProcessEnv): z.output<T> {
  const faults: string[] = [];
  const given = Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value === undefined || value === '' ? [] : [[name, value] as const])),
  );
  const set = withFiles(Object.keys(schema.shape), given, faults);
  const parsed = schema.safeParse(set);
  for (const issue of parsed.error?.issues ?? []) {
    const name = issue.path.join('.');
    faults.push(`${name} ${name !== '' && set[name] === undefined ? 'is required' : issue.message}`);
  }
  if (set.NODE_ENV === 'production')
    for (const [name, value] of Object.entries(set))
      if (value.includes(DEVELOPMENT_ONLY)) faults.push(`${name} is a published value, for development only`);
  if (parsed.success && faults.length === 0) return parsed.data;
  throw new ConfigError(faults);
}

export const port = (fallback: number) => z.coerce.number('must be a port number').int().min(0).max(65535).default(fallback);
export const milliseconds = (fallback: number, max = 600_000) =>
  z.coerce.number('must be a number of milliseconds').int().min(1).max(max).default(fallback);
export const count = (fallback: number, max = 1_000_000) => z.coerce.number('must be a number').int().min(1).max(max).default(fallback);
export const flag = (fallback: boolean) =>
  z
    .enum(['true', 'false'], 'must be true or false')
    .default(fallback ? 'true' : 'false')
    .transform((text) => text === 'true');
export const secret = z.string().min(32, 'must be at least 32 characters');
/** One secret, or several: one per line, or a JSON array. */
const secrets = z
  .string()
  .transform((text, context): string[] => {
    if (!text.startsWith('[')) return text.split(/\r?\n/).filter((line) => line !== '');
    try {
      return z.array(z.string()).parse(JSON.parse(text));
    } catch {
      context.addIssue('must be a secret, secrets on lines of their own, or a JSON array of secrets');
      return z.NEVER;
    }
  })
  .refine((list) => list.length > 0 && list.length <= 10, 'must be one to ten secrets')
  .refine((list) => list.every((entry) => entry.length >= 32), 'must be at least 32 characters');
export const url = (protocols: RegExp, fallback?: string) => {
  const schema = z.string().refine(
    (text) => URL.canParse(text) && protocols.test(new URL(text).protocol.slice(0, -1)),
    `must be a URL (${protocols.source
      .replace(/[\^$()]/g, '')
      .replaceAll('|', ' or ')
      .replace('s?', '(s)')})`,
  );
  return fallback === undefined ? schema : schema.default(fallback);
};
export const httpUrlOf = (fallback: string) => url(/^https?$/, fallback);
/** Several nodes of one service, separated by commas. */
export const httpUrlsOf = (fallback: string) =>
  z
    .string()
    .default(fallback)
    .transform((list) => list.split(',').map((entry) => entry.trim()))
    .refine(
      (list) => list.every((entry) => URL.canParse(entry) && /^https?:$/.test(new URL(entry).protocol)),
      'must be one or more http(s) URLs, separated by commas',
    );
/** Variables of every service with a database. */
export const mongoEnv = {
  MONGO_URL: z
    .string()
    .regex(/^mongodb(\+srv)?:\/\/[^/,]/, 'must be mongodb:// or mongodb+srv:// and an address')
    .default('mongodb://127.0.0.1:27017')
    .describe('The MongoDB server.'),
  SLOW_QUERY_MS: z.coerce
    .number('must be a number of milliseconds')
    .int()
    .min(1)
    .optional()
    .describe('Database commands that take this long or longer are logged as warnings; unset: none.'),
};

export const amqpUrl = url(/^amqps?$/).describe('The RabbitMQ broker, e.g. amqp://user:password@host:5672.');
export const redisUrl = url(/^rediss?$/).describe(
  'The Redis through which several realtime nodes share presence and pushes. Unset: one node only.',
);
export const usersInternalUrl = httpUrlOf('http://127.0.0.1:4101').describe('The internal listener of the users service.');
export const internalPort = (fallback: number) => port(fallback).describe('Port of the listener for other services.');

export const localAccounts = flag(true).describe(
  '`false`: users come from JWT_ISSUERS alone; registration and sign-in are refused and hidden.',
);

/** Variables that every service reads. */
export const commonEnv = {
  NODE_ENV: z.string().default('development').describe('`production` refuses insecure defaults at start.'),
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
    .default('info')
    .describe('Lowest level of log lines. `debug` adds every socket event and every database command.'),
  HOST: z.string().default('127.0.0.1').describe('Address that the listeners bind to.'),
  JWT_SECRET: secrets.describe(
    'Signs and verifies user tokens (HS256). At least 32 characters. Several, one per line or as a JSON array: the first signs, all verify.',
  ),
  JWT_AUDIENCE: z
    .string()
    .min(1)
    .default('linsta')
    .describe('A token of JWT_SECRET that names another audience is refused; one that names none is accepted.'),
  JWT_ISSUERS: issuersVariable.describe('Other issuers of user tokens, as JSON; see docs/issuers.md.'),
  NOTIFICATION_TYPES: notificationTypesVariable.describe(
    'Further types of notifications, as JSON: type, message and link; see docs/publishing-events.md.',
  ),
  SERVICE_SECRET: secret.describe('Signs the tokens between services. At least 32 characters.'),
};
export const realtimeInternalUrl = httpUrlsOf('http://127.0.0.1:4106').describe(
  'The internal listeners of the realtime nodes, separated by commas.',
);

/** Variables of a service with a database; the numbers and the name are its defaults. */
export const databaseServiceEnv = (fallback: { port: number; internalPort: number; database: string }) => ({
  ...commonEnv,
  PORT: port(fallback.port).describe('Port of the listener for clients.'),
  INTERNAL_PORT: internalPort(fallback.internalPort),
  ...mongoEnv,
  DATABASE: z.string().default(fallback.database).describe('Name of the database of this service.'),
  AMQP_URL: amqpUrl.optional(),
});
