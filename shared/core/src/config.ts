import { z } from 'zod';

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

/** Reads what `schema` names from `env`; empty strings count as unset. */
export function parseEnv<T extends z.ZodType>(schema: T, env: NodeJS.ProcessEnv): z.output<T> {
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const parsed = schema.safeParse(set);
  const known = set.NODE_ENV === 'production' ? Object.keys(set).filter((name) => set[name]?.includes(DEVELOPMENT_ONLY)) : [];
  const faults = [
    ...(parsed.error?.issues ?? []).map((issue) => {
      const name = issue.path.join('.');
      const missing = name !== '' && set[name] === undefined;
      return `${name} ${missing ? 'is required' : issue.message}`;
    }),
    ...known.map((name) => `${name} is a value that everybody knows, for development only`),
  ];
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

export const amqpUrl = url(/^amqps?$/);
export const redisUrl = url(/^rediss?$/);

/**
 * What every service reads. PORT is the door behind the gateway, INTERNAL_PORT the one for other
 * services.
 */
export const commonEnv = {
  NODE_ENV: z.string().default('development'),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  HOST: z.string().default('127.0.0.1'),
  JWT_SECRET: secret,
  SERVICE_SECRET: secret,
};
