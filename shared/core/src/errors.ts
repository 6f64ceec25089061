import { ERROR_CODES, isErrorCode, type ErrorCode } from '@linsta/contracts';
import type { z } from 'zod';
import { isOutage } from './outages';

interface Extra {
  errors?: { path: string; message: string }[];
  retryAfterSeconds?: number;
}

/**
 * A failure with a defined answer: HTTP sends a problem document, a socket an `error` event, and
 * the bus parks the event. Anything else that is thrown is a bug or an outage. The code decides the
 * status.
 */
export class AppError extends Error {
  readonly status: number;

  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly extra: Extra = {},
  ) {
    super(message);
    this.name = 'AppError';
    this.status = ERROR_CODES[code].status;
  }
}

/** 503 with Retry-After. */
export const unavailable = (message: string, retryAfterSeconds = 2) => new AppError('UNAVAILABLE', message, { retryAfterSeconds });

const NOT_FOUND = {
  'Chat room': 'CHAT_ROOM_NOT_FOUND',
  Event: 'EVENT_NOT_FOUND',
  Message: 'MESSAGE_NOT_FOUND',
  Notification: 'NOTIFICATION_NOT_FOUND',
  Path: 'PATH_NOT_FOUND',
  Post: 'POST_NOT_FOUND',
  Session: 'SESSION_NOT_FOUND',
  User: 'USER_NOT_FOUND',
} as const satisfies Record<string, ErrorCode>;
/** 404. `Chat room` gives the sentence `Chat room not found`. */
export const notFound = (what: keyof typeof NOT_FOUND) => new AppError(NOT_FOUND[what], `${what} not found`);

/** The answer to an unexpected failure: a fixed sentence. Its cause is in the log only. */
export const internalError = () => new AppError('INTERNAL', 'Something went wrong on the server; the log has the details');

/**
 * Rebuilds a failure that another service answered. A code outside of the table becomes
 * UPSTREAM_REFUSED.
 */
export const fromUpstream = (code: string | undefined, message: string | undefined, extra: Extra = {}) =>
  new AppError(code !== undefined && isErrorCode(code) ? code : 'UPSTREAM_REFUSED', message ?? 'Refused', extra);

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
  return new AppError('BAD_REQUEST', sentence, { errors });
}

/**
 * The answer for anything thrown; undefined for a bug, which is logged and answered with a fixed
 * sentence.
 */
export function toAppError(error: unknown): AppError | undefined {
  if (error instanceof AppError) return error;
  if (isOutage(error)) return unavailable('The database cannot be reached just now');
  return undefined;
}

/** The text of anything thrown, for a log line. */
export const messageOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  return error.message === '' ? error.name : error.message;
};
