import type { IncomingMessage } from 'node:http';
import { AppError } from '@linsta/core';
import type { RequestHandler } from 'express';
import type { GatewayConfig } from './config';

const LOCAL = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Who may call from a browser. One answer for requests, polling and upgrades. */
export function createOrigins(config: Pick<GatewayConfig, 'CORS_ORIGIN' | 'NODE_ENV'>) {
  const listed = new Set(config.CORS_ORIGIN ?? []);
  const localToo = config.CORS_ORIGIN === undefined && config.NODE_ENV !== 'production';
  return {
    /** Throws 403. Callers that are not browsers send no Origin; their right is their token. */
    assertAllowed({ headers: { origin, host } }: IncomingMessage): void {
      if (origin === undefined || listed.has(origin)) return;
      if (URL.canParse(origin)) {
        const url = new URL(origin);
        const web = url.protocol === 'http:' || url.protocol === 'https:';
        if (web && url.origin === origin && (url.host === host?.toLowerCase() || (localToo && LOCAL.has(url.hostname)))) return;
      }
      throw new AppError('ORIGIN_NOT_ALLOWED', 'Pages of this origin may not call here');
    },
  };
}
export type Origins = ReturnType<typeof createOrigins>;

const PREFLIGHT = {
  'access-control-allow-methods': 'GET, HEAD, POST, PATCH, DELETE',
  'access-control-allow-headers': 'authorization, content-type, x-request-id',
  'access-control-max-age': '600',
};

/** Refuses strangers, lets allowed pages read the answer (also a refusal), and answers preflights. Bearer tokens need no credentials mode. */
export const createCors =
  (origins: Origins): RequestHandler =>
  (request, response, next) => {
    response.vary('Origin');
    origins.assertAllowed(request);
    const { origin } = request.headers;
    if (origin !== undefined)
      response.set({ 'access-control-allow-origin': origin, 'access-control-expose-headers': 'x-request-id, retry-after' });
    if (request.method !== 'OPTIONS' || request.headers['access-control-request-method'] === undefined) return next();
    response.vary('Access-Control-Request-Method').vary('Access-Control-Request-Headers').set(PREFLIGHT).status(204).end();
  };
