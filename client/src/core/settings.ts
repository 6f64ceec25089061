import { LinstaError } from '../errors.js';
import type { Logger } from './log.js';
import { pageOrigin } from './page.js';
import { createBackOff, type BackOff, type RetryOptions } from './retry.js';

/** An answer that takes longer than this counts as none. */
export const DEADLINE_MS = 10_000;

/** Additional request headers; a function is called before each request and each connect. */
export type HeadersOption = Record<string, string> | (() => Record<string, string>);

/** Options that the client and the session share. */
export interface NetworkOptions {
  /**
   * The gateway with its base path, e.g. `https://example.com/linsta`; in a browser the page's
   * origin unless given.
   */
  url?: string;
  /** Replaces the global `fetch`. */
  fetch?: typeof globalThis.fetch;
  /** E.g. for a proxy. In browsers a WebSocket cannot carry headers: polling and REST do. */
  headers?: HeadersOption;
  /** An answer that takes longer than this counts as none. 10,000 ms. */
  deadlineMs?: number;
  /** Delays between retries. */
  retry?: RetryOptions;
  /** Receives reports with their causes. Tokens and texts of messages are never part of them. */
  logger?: Logger;
}

/** The same, complete. */
export interface Network {
  /** Scheme, host and port. Throws `BAD_OPTIONS` where none was given outside a browser. */
  origin(): string;
  /** Empty, or starts with a slash and does not end with one. */
  basePath: string;
  fetch: typeof globalThis.fetch;
  headers(): Record<string, string>;
  deadlineMs: number;
  backOff: BackOff;
  log: Logger;
}

/** Splits a URL without the class `URL`, which React Native implements in part. */
export function splitUrl(url: string | undefined): { origin: string | undefined; basePath: string } {
  const [, origin, path = ''] = /^([a-z][a-z0-9+.-]*:\/\/[^/?#]+)?([^?#]*)/i.exec(url ?? '') ?? [];
  return { origin: origin ?? pageOrigin(), basePath: path.replace(/\/+$/, '') };
}

export function createNetwork(options: NetworkOptions): Network {
  const { origin, basePath } = splitUrl(options.url);
  return {
    origin() {
      if (origin === undefined) throw new LinstaError('BAD_OPTIONS', 'The option url is needed outside a browser');
      return origin;
    },
    basePath,
    // Looked up at each call, so that a replaced global is used; browsers refuse `fetch` with a
    // foreign `this`.
    fetch: (input, init) => {
      const send = options.fetch ?? (globalThis as { fetch?: typeof globalThis.fetch }).fetch;
      if (typeof send !== 'function') throw new LinstaError('UNSUPPORTED', 'This environment has no fetch: pass one as the option fetch');
      return send(input, init);
    },
    headers: () => (typeof options.headers === 'function' ? options.headers() : (options.headers ?? {})),
    deadlineMs: options.deadlineMs ?? DEADLINE_MS,
    backOff: createBackOff(options.retry),
    log: (entry) => options.logger?.(entry),
  };
}
