/**
 * Codes of refusals that describe the request itself: the same request is refused again. Every
 * other code, known or not, may succeed later. The server's error table replaces this set once it
 * is part of the contract.
 */
const FINAL_CODES: ReadonlySet<string> = new Set([
  // Of the server.
  ...['BAD_CREDENTIALS', 'BAD_PATH', 'BAD_QUERY', 'BAD_REQUEST', 'BODY_NOT_EXPECTED', 'BODY_TOO_LARGE', 'CLIENT_MESSAGE_ID_REUSED'],
  ...['EMAIL_TAKEN', 'FORBIDDEN', 'HEADERS_TOO_LARGE', 'INVALID_REFRESH_TOKEN', 'INVALID_TOKEN', 'MALFORMED_JSON', 'MALFORMED_REQUEST'],
  ...['METHOD_NOT_ALLOWED', 'NOT_A_PARTICIPANT', 'NOT_FOUND', 'NO_TOKEN', 'ORIGIN_NOT_ALLOWED', 'OTHER_USER_IS_SELF', 'TOKEN_EXPIRED'],
  ...['UNKNOWN_EVENT', 'UNKNOWN_SESSION', 'UNSUPPORTED_MEDIA_TYPE', 'UPGRADE_REQUIRED'],
  // Of this client.
  ...['ABORTED', 'BAD_OPTIONS', 'CLOSED', 'OUTBOX_FULL', 'SIGNED_OUT', 'STILL_SENDING', 'UNSUPPORTED'],
]);

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
 *   than Linsta answered
 * - `SIGNED_OUT`: no session, `CLOSED`: the client was closed, `ABORTED`: the caller's signal ended
 *   the call
 * - `OUTBOX_FULL`, `STILL_SENDING`: the outbox refused
 * - `BAD_OPTIONS`, `UNSUPPORTED`: an option is wrong, or the environment lacks a function
 */
export class LinstaError extends Error {
  readonly code: string;
  /** The HTTP status, where there was an answer. */
  readonly status: number | undefined;
  /** Whether the same request may succeed later. */
  readonly retryable: boolean;
  /** How long the server asked to wait. */
  readonly retryAfterMs: number | undefined;
  readonly requestId: string | undefined;
  /** Refused fields by path, for a form. */
  readonly errors: { path: string; message: string }[];

  constructor(code: string, message: string, details: ErrorDetails = {}) {
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
