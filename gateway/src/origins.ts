import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { AppError } from '@linsta/core';
import type { RequestHandler } from 'express';
import type { GatewayConfig } from './config';

const LOCAL = new Set(['localhost', '127.0.0.1', '[::1]']);
/**
 * Top-level names under which no site of the internet can be registered (RFC 6761, RFC 6762, RFC
 * 8375, ICANN).
 */
const RESERVED = /\.(?:localhost|test|local|internal|lan|home\.arpa)$/;

/**
 * Whether a Host header names this machine or its network: an address, a single word, or a reserved
 * name.
 */
export function isLocalHost(host: string | undefined): boolean {
  if (host === undefined || !URL.canParse(`http://${host}`)) return false;
  const { hostname } = new URL(`http://${host}`);
  return !hostname.includes('.') || RESERVED.test(hostname) || isIP(hostname.replace(/^\[|\]$/g, '')) !== 0;
}

/** Decides which browser pages may call. One answer for requests, polling and upgrades. */
export function createOrigins(config: Pick<GatewayConfig, 'CORS_ORIGIN' | 'NODE_ENV' | 'HOST'>) {
  const listed = new Set(config.CORS_ORIGIN ?? []);
  const localToo = config.CORS_ORIGIN === undefined && config.NODE_ENV !== 'production';
  // A foreign site can point its own name at a loopback address (DNS rebinding); its pages then
  // have "the same origin".
  const anyHostName = config.NODE_ENV === 'production' || !isLocalHost(config.HOST);

  const isOwnPage = ({ headers }: IncomingMessage, origin: URL): boolean => {
    // Set by the browser itself, out of the reach of scripts, and right behind a proxy that
    // rewrites Host.
    if (headers['sec-fetch-site'] === 'same-origin') return true;
    const host = headers.host?.toLowerCase();
    return origin.host === host && (anyHostName || isLocalHost(host));
  };
  return {
    /**
     * Throws 403. Clients that are not browsers send no Origin; they are authorised by their token.
     */
    assertAllowed(request: IncomingMessage): void {
      const { origin } = request.headers;
      if (origin === undefined || listed.has(origin)) return;
      if (URL.canParse(origin)) {
        const url = new URL(origin);
        const web = url.protocol === 'http:' || url.protocol === 'https:';
        if (web && url.origin === origin && (isOwnPage(request, url) || (localToo && LOCAL.has(url.hostname)))) return;
      }
      throw new AppError('ORIGIN_NOT_ALLOWED', 'Pages of this origin may not call here; see CORS_ORIGIN');
    },
  };
}
export type Origins = ReturnType<typeof createOrigins>;

const HEADERS = ['authorization', 'content-type', 'x-request-id'];

/**
 * Refuses pages of foreign origins, lets allowed pages read every answer, and answers preflights.
 * Bearer tokens need no credentials mode.
 */
export function createCors(origins: Origins, { CORS_HEADERS }: Pick<GatewayConfig, 'CORS_HEADERS'>): RequestHandler {
  const preflight = {
    'access-control-allow-methods': 'GET, HEAD, POST, PATCH, DELETE',
    'access-control-allow-headers': [...HEADERS, ...CORS_HEADERS].join(', '),
    'access-control-max-age': '600',
  };
  return (request, response, next) => {
    response.vary('Origin');
    origins.assertAllowed(request);
    const { origin } = request.headers;
    if (origin !== undefined)
      response.set({ 'access-control-allow-origin': origin, 'access-control-expose-headers': 'x-request-id, retry-after' });
    if (request.method !== 'OPTIONS' || request.headers['access-control-request-method'] === undefined) return next();
    response.vary('Access-Control-Request-Method').vary('Access-Control-Request-Headers').set(preflight).status(204).end();
  };
}
