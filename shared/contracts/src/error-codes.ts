/**
 * One kind of failure: the HTTP status, whether the same request can succeed later, and its meaning
 * for a developer.
 */
export interface ErrorEntry {
  readonly status: number;
  readonly retryable: boolean;
  readonly meaning: string;
}

/**
 * Every error code that the product sends, over REST, sockets and internal calls alike. A client
 * that repeats a `retryable` request, after `Retry-After` or with back-off, never drops a
 * message that could be stored.
 */
export const ERROR_CODES = {
  BAD_REQUEST: { status: 400, retryable: false, meaning: 'A field is missing, unknown or malformed; `errors` lists each one.' },
  BAD_PATH: { status: 400, retryable: false, meaning: 'The path is escaped, doubled or dotted; send its canonical form.' },
  BAD_QUERY: { status: 400, retryable: false, meaning: 'The query string is not percent-encoded.' },
  BAD_HANDSHAKE: { status: 400, retryable: false, meaning: 'The upgrade request is not a WebSocket handshake.' },
  BODY_NOT_EXPECTED: { status: 400, retryable: false, meaning: 'This method takes no body.' },
  MALFORMED_JSON: { status: 400, retryable: false, meaning: 'The body is not valid JSON.' },
  MALFORMED_REQUEST: { status: 400, retryable: false, meaning: 'The request is not valid HTTP.' },
  REQUEST_ABORTED: { status: 400, retryable: true, meaning: 'The connection ended before the announced body was complete.' },
  OTHER_USER_IS_SELF: { status: 400, retryable: false, meaning: 'A chat room needs another user.' },
  UNKNOWN_EVENT: { status: 400, retryable: false, meaning: 'The socket event does not exist.' },
  UNKNOWN_SESSION: { status: 400, retryable: false, meaning: 'The polling session is gone; open a new connection.' },
  NO_TOKEN: { status: 401, retryable: false, meaning: 'The request carries no token.' },
  INVALID_TOKEN: { status: 401, retryable: false, meaning: 'The token is not valid; get a new one.' },
  INVALID_API_KEY: { status: 401, retryable: false, meaning: 'The API key of a server is missing or unknown; see API_KEYS.' },
  TOKEN_EXPIRED: { status: 401, retryable: false, meaning: 'The token has expired; refresh the session.' },
  SESSION_ENDED: { status: 401, retryable: false, meaning: 'The session was ended; sign in again.' },
  INVALID_REFRESH_TOKEN: { status: 401, retryable: false, meaning: 'The refresh token is unknown, expired or replaced; sign in again.' },
  BAD_CREDENTIALS: { status: 401, retryable: false, meaning: 'The e-mail address or the password is wrong.' },
  INVALID_SERVICE_TOKEN: { status: 401, retryable: false, meaning: 'An internal call carried no valid service token.' },
  NOT_A_PARTICIPANT: { status: 403, retryable: false, meaning: 'The user is not a participant of this chat room.' },
  WRONG_PASSWORD: { status: 403, retryable: false, meaning: 'The current password is wrong.' },
  LOCAL_ACCOUNTS_OFF: { status: 403, retryable: false, meaning: 'There are no accounts here: sign in with another issuer.' },
  NOT_THE_SENDER: { status: 403, retryable: false, meaning: 'Only the sender can edit a message.' },
  EDIT_WINDOW_CLOSED: { status: 403, retryable: false, meaning: 'The message is too old to be edited; see MESSAGE_EDIT_WINDOW_SECONDS.' },
  ORIGIN_NOT_ALLOWED: { status: 403, retryable: false, meaning: 'Pages of this origin may not call the gateway; see CORS_ORIGIN.' },
  PATH_NOT_FOUND: { status: 404, retryable: false, meaning: 'The path does not exist.' },
  CHAT_ROOM_NOT_FOUND: { status: 404, retryable: false, meaning: 'The chat room does not exist.' },
  MESSAGE_NOT_FOUND: { status: 404, retryable: false, meaning: 'The chat room has no message with this number.' },
  SESSION_NOT_FOUND: { status: 404, retryable: false, meaning: 'The user has no such session.' },
  USER_NOT_FOUND: { status: 404, retryable: false, meaning: 'The user does not exist.' },
  POST_NOT_FOUND: { status: 404, retryable: false, meaning: 'The post does not exist.' },
  EVENT_NOT_FOUND: { status: 404, retryable: false, meaning: 'The event does not exist.' },
  NOTIFICATION_NOT_FOUND: { status: 404, retryable: false, meaning: 'The notification does not exist, or belongs to another user.' },
  METHOD_NOT_ALLOWED: { status: 405, retryable: false, meaning: 'The path exists, but not with this method; see `Allow`.' },
  REQUEST_TIMEOUT: { status: 408, retryable: true, meaning: 'The request did not arrive completely in time.' },
  EMAIL_TAKEN: { status: 409, retryable: false, meaning: 'An account with this e-mail address exists.' },
  CLIENT_MESSAGE_ID_REUSED: { status: 409, retryable: false, meaning: 'The clientMessageId was used for another message in this room.' },
  REACTION_LIMIT: { status: 409, retryable: false, meaning: 'The message has 20 different reactions already.' },
  EDIT_LIMIT: { status: 409, retryable: false, meaning: 'The message was edited 50 times already.' },
  BODY_TOO_LARGE: { status: 413, retryable: false, meaning: 'The body is larger than the limit.' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, retryable: false, meaning: 'The body must be uncompressed JSON in UTF-8.' },
  UPGRADE_REQUIRED: { status: 426, retryable: false, meaning: 'Only WebSocket version 13 is supported.' },
  RATE_LIMITED: { status: 429, retryable: true, meaning: 'Too many requests or events; wait for `Retry-After`.' },
  OVERLOADED: { status: 429, retryable: true, meaning: 'A queue of the server is full; try again shortly.' },
  TOO_MANY_ATTEMPTS: { status: 429, retryable: true, meaning: 'Too many failed sign-ins for this account; wait for `Retry-After`.' },
  TOO_MANY_CONNECTIONS: { status: 429, retryable: true, meaning: 'Too many connections from one address.' },
  TOO_MANY_SOCKETS: { status: 429, retryable: true, meaning: 'Too many sockets of one user, or on this node.' },
  TOO_MANY_ROOMS: { status: 429, retryable: true, meaning: 'The socket has joined too many rooms; leave one first.' },
  TOO_MANY_WATCHED: { status: 429, retryable: true, meaning: 'The socket watches the presence of too many users; unsubscribe first.' },
  HEADERS_TOO_LARGE: { status: 431, retryable: false, meaning: 'The request line and headers are larger than 16 KiB.' },
  INTERNAL: { status: 500, retryable: true, meaning: 'An unexpected failure; the log has it under the `requestId`.' },
  UPSTREAM_REFUSED: { status: 502, retryable: true, meaning: 'A service refused an internal call without saying why.' },
  UNAVAILABLE: { status: 503, retryable: true, meaning: 'A service, the database or the broker cannot be reached just now.' },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERROR_CODES;

export const isErrorCode = (code: string): code is ErrorCode => Object.hasOwn(ERROR_CODES, code);

/**
 * Whether the same request can succeed later. Codes that this version does not know are taken as
 * passing.
 */
export const isRetryable = (code: string): boolean => (isErrorCode(code) ? ERROR_CODES[code].retryable : true);
