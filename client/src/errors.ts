/** Every failure that this client tells of. `code` is the server's stable word, or `NETWORK`, `TIMEOUT`, `CLOSED`, `SIGNED_OUT`. */
export class LinstaError extends Error {
  readonly code: string;
  /** The HTTP status, where there was an answer. */
  readonly status: number | undefined;
  /** Whether the same again may work. */
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;
  readonly requestId: string | undefined;
  /** Which fields were wrong, for a form. */
  readonly errors: { path: string; message: string }[];

  constructor(
    code: string,
    message: string,
    details: {
      status?: number | undefined;
      retryable?: boolean;
      retryAfterMs?: number | undefined;
      requestId?: string | undefined;
      errors?: { path: string; message: string }[] | undefined;
    } = {},
  ) {
    super(message);
    this.name = 'LinstaError';
    this.code = code;
    this.status = details.status;
    this.retryable = details.retryable ?? (details.status === undefined || details.status === 429 || details.status >= 500);
    this.retryAfterMs = details.retryAfterMs;
    this.requestId = details.requestId;
    this.errors = details.errors ?? [];
  }
}
