import { types } from 'node:util';
import type { z } from 'zod';

interface Extra {
  errors?: { path: string; message: string }[];
  retryAfterSeconds?: number;
}

/** A failure with an answer: HTTP makes a problem of it, sockets an `error`, the bus parks the event. Anything else thrown is a bug or an outage. */
export class AppError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly extra: Extra = {},
  ) {
    super(message);
    this.name = 'AppError';
  }
}

export const badRequest = (code: string, message: string, errors?: Extra['errors']) =>
  new AppError(400, code, message, errors ? { errors } : {});
export const unauthorized = (code: string, message: string) => new AppError(401, code, message);
export const forbidden = (message: string, code = 'FORBIDDEN') => new AppError(403, code, message);
/** `what` is shown to people: "Chat room" → "Chat room not found", CHAT_ROOM_NOT_FOUND. */
export const notFound = (what: string) => new AppError(404, `${what.toUpperCase().replaceAll(' ', '_')}_NOT_FOUND`, `${what} not found`);
export const conflict = (code: string, message: string) => new AppError(409, code, message);
export const tooMany = (message: string, retryAfterSeconds: number, code = 'TOO_MANY_REQUESTS') =>
  new AppError(429, code, message, { retryAfterSeconds });
export const unavailable = (message: string, retryAfterSeconds = 2) => new AppError(503, 'UNAVAILABLE', message, { retryAfterSeconds });

/** What to answer when nobody foresaw what happened; what it was stands in the log alone. */
export const unforeseen = () => new AppError(500, 'INTERNAL', 'Something went wrong on our side; it has been noted');

/** Every fault of an input at once, each with its path; unknown fields are named. */
export function fromZod(error: z.ZodError): AppError {
  const errors = error.issues.slice(0, 20).map((issue) => ({
    path: [...issue.path.map(String), ...(issue.code === 'unrecognized_keys' && issue.keys[0] !== undefined ? [issue.keys[0]] : [])].join(
      '.',
    ),
    message:
      issue.code === 'unrecognized_keys'
        ? `unknown field ${issue.keys
            .slice(0, 5)
            .map((key) => JSON.stringify(key.slice(0, 60)))
            .join(', ')}`
        : issue.message,
  }));
  const [first] = errors;
  const sentence =
    first === undefined
      ? 'The input is not valid'
      : first.path === '' || /^[A-Z]/.test(first.message)
        ? first.message
        : `${first.path} ${first.message}`;
  return badRequest('BAD_REQUEST', sentence, errors);
}

const OUTAGES = new Set([
  'MongoServerSelectionError',
  'MongoNetworkError',
  'MongoNetworkTimeoutError',
  'MongoNotConnectedError',
  'MongoTopologyClosedError',
  'MongoPoolClearedError',
  'MongoPoolClosedError',
  'MongoWaitQueueTimeoutError',
  'MongoOperationTimeoutError',
  'MongooseServerSelectionError',
  'MongoClientClosedError',
  'MongoExpiredSessionError',
  'PoolClearedOnNetworkError',
  'MongoClosedPoolError',
]);
/** Codes with which a MongoDB says "not now": shutting down, stepping down, write concern not met in time. */
const NOT_NOW = new Set([6, 7, 50, 64, 89, 91, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436]);
/** The system's own words, which the driver lets through when a connection ends under a command. */
const SYSTEM = new Set([
  'EPIPE',
  'ECONNRESET',
  'ECONNREFUSED',
  'ECONNABORTED',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);
const FRAGMENTS = ['buffering timed out', 'before initial connection is complete', 'Client must be connected'];

/** A bulk write that failed as a whole, before any server said a word about it: the driver keeps the message of what it met, and nothing else. */
const isBulkOutage = (error: Error & { code?: unknown; writeErrors?: unknown[] }) =>
  error.name === 'MongoBulkWriteError' && error.code === undefined && [error.writeErrors ?? []].flat().length === 0;

const isOutage = (error: Error) =>
  OUTAGES.has(error.name) ||
  isBulkOutage(error) ||
  FRAGMENTS.some((fragment) => error.message.includes(fragment)) ||
  SYSTEM.has((error as NodeJS.ErrnoException).code ?? '') ||
  (error.name.startsWith('Mongo') && NOT_NOW.has((error as { code?: number }).code ?? 0));

/** The answer to give for whatever was thrown; undefined means a bug: log it, answer a fixed sentence. */
export function toAppError(error: unknown): AppError | undefined {
  if (error instanceof AppError) return error;
  if (types.isNativeError(error) && isOutage(error)) return unavailable('The database cannot be reached just now');
  return undefined;
}

/** MongoDB's E11000, with the fields of the violated index. */
export function duplicateKey(error: unknown): { keyPattern: Record<string, unknown>; keyValue: Record<string, unknown> } | undefined {
  if (!(error instanceof Error) || (error as { code?: unknown }).code !== 11000) return undefined;
  const { keyPattern = {}, keyValue = {} } = error as { keyPattern?: Record<string, unknown>; keyValue?: Record<string, unknown> };
  return { keyPattern, keyValue };
}

/** One document that a bulk insert refused. */
export interface WriteFault {
  index: number;
  code: number;
  errmsg: string;
}
/** The documents that a bulk insert refused as duplicates; undefined if it failed as a whole, or for another reason too. */
export function duplicateFaults(error: unknown): WriteFault[] | undefined {
  const { name, writeErrors } = error as { name?: string; writeErrors?: WriteFault | WriteFault[] };
  if (name !== 'MongoBulkWriteError' || writeErrors === undefined) return undefined;
  const faults = [writeErrors].flat();
  return faults.length > 0 && faults.every((fault) => fault.code === 11000) ? faults : undefined;
}
