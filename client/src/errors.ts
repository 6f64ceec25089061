import type { ErrorCode } from '@linsta/contracts';
import { FINAL_SERVER_CODES } from './error-codes.js';

/** Codes of this client itself that a repeat does not change. */
const FINAL_CLIENT_CODES = ['ABORTED', 'BAD_OPTIONS', 'CLOSED', 'OUTBOX_FULL', 'SIGNED_OUT', 'STILL_SENDING', 'UNSUPPORTED'] as const;
type ClientCode = (typeof FINAL_CLIENT_CODES)[number] | 'NETWORK' | 'TIMEOUT' | 'UNEXPECTED_ANSWER';

/** Every code that is known today; a newer server may send further ones. */
export type LinstaErrorCode = ErrorCode | ClientCode | (string & {});

const FINAL_CODES: ReadonlySet<string> = new Set([...FINAL_SERVER_CODES, ...FINAL_CLIENT_CODES]);

/**
 * Whether the same request may succeed later. Codes that this client does not know are retryable.
 */
export const isRetryable = (code: string): boolean => !FINAL_CODES.has(code);

/** Codes that refuse the token and not the request: the request may succeed with the next token. */
const TOKEN_CODES: ReadonlySet<string> = new Set([
  ...['INVALID_SERVICE_TOKEN', 'INVALID_TOKEN', 'NO_TOKEN', 'SIGNED_OUT', 'TOKEN_EXPIRED', 'UNKNOWN_SESSION'],
]);
export const isTokenRefusal = (code: string): boolean => TOKEN_CODES.has(code);

interface ErrorDetails {
  status?: number | undefined;
  retryable?: boolean;
  retryAfterMs?: number | undefined;
  requestId?: string | undefined;
  errors?: { path: string; message: string }[] | undefined;
  cause?: unknown;
}

/**
 * Every failure of this client. `code` is the server's stable word or one of this client:
 *
 * - `NETWORK`: no answer came, `TIMEOUT`: none came in time, `UNEXPECTED_ANSWER`: something other
 * than Linsta answered
 *
 * - `SIGNED_OUT`: no session, `CLOSED`: the client was closed, `ABORTED`: the caller's signal ended
 * the call
 *
 * - `OUTBOX_FULL`, `STILL_SENDING`: the outbox refused
 *
 * - `BAD_OPTIONS`, `UNSUPPORTED`: an option is wrong, or the environment lacks a function
 */
export class LinstaError extends Error {
  readonly code: LinstaErrorCode;
  /** The HTTP status, where there was an answer. */
  readonly status: number | undefined;
  /** Whether the same request may succeed later. */
  readonly retryable: boolean;
  /** The delay that the server requires before a repeat. */
  readonly retryAfterMs: number | undefined;
  readonly requestId: string | undefined;
  /** Refused fields by path, for a form. */
  readonly errors: { path: string; message: string }[];

  constructor(code: LinstaErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'LinstaError';
    this.code = code;
    this.status = details.status;
    this.retryable = details.retryable ?? isRetryable(code);
    this.retryAfterMs = details.retryAfterMs;
    this.requestId = details.requestId;
    this.errors = details.errors ?? [];
  }
}

/**
 * Any thrown value as a `LinstaError`. A fault of the program keeps its message and is not retried.
 */
export const toLinstaError = (error: unknown): LinstaError =>
  error instanceof LinstaError
    ? error
    : new LinstaError('UNSUPPORTED', error instanceof Error && error.message !== '' ? error.message : String(error), { cause: error });
