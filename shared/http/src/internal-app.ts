import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { CallingService } from '@linsta/contracts/internal';
import { toCorrelationId, type Logger } from '@linsta/core';
import type { z } from 'zod';
import { mountHealth, type HealthCheck } from './health';
import { bodyFault, closeApp, openApp } from './json-app';
import { sendFailure, sendText } from './problem';
import { parse } from './public-app';
import { observeRequest } from './request-log';
import type { ServiceTokens } from './service-tokens';
import { bearer } from './identity/tokens';

const MAX_BODY_BYTES = 32 * 1024 * 1024;
const MAX_REQUEST_ID = 2_048;
const PREFIX = '/internal';

export interface InternalEndpoint {
  request: z.ZodType;
  handle(input: unknown): Promise<unknown>;
}
/** Binds a handler to the type of its request schema. */
export const endpoint = <T extends z.ZodType>(request: T, handle: (input: z.output<T>) => Promise<unknown>): InternalEndpoint => ({
  request,
  handle,
});
/** An operator's metrics in Prometheus' text format. */
export type Metrics = () => Promise<{ contentType: string; text: string }>;

/**
 * Resolves with the whole body. Stays pending when the caller disconnects early: there is no one
 * left to answer.
 */
export const readBody = (request: IncomingMessage, maxBytes = MAX_BODY_BYTES) =>
  new Promise<string>((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= maxBytes) return void chunks.push(chunk);
      chunks.length = 0;
      reject(bodyFault('entity.too.large'));
    });
    request.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    request.on('error', reject);
  });
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw bodyFault('entity.parse.failed');
  }
}

/**
 * The listener for other services: `POST /internal/<name>`, JSON in and out, a service token on
 * every call. Operators read `/readyz` and `/metrics` without one. Every message passes here, so
 * the endpoints stand before Express, which would be half of the cost of such a call; Express
 * answers all other paths.
 */
export function createInternalApp(options: {
  service: CallingService;
  logger: Logger;
  tokens: ServiceTokens;
  health: HealthCheck;
  metrics: Metrics;
  endpoints: Record<string, InternalEndpoint>;
}): RequestListener {
  const { service, logger, tokens } = options;
  const app = openApp({ service, logger, bodyLimit: '64kb', maxRequestIdLength: MAX_REQUEST_ID });
  mountHealth(app, options.health);
  app.get('/metrics', async (_request, response) => {
    const { contentType, text } = await options.metrics();
    response.setHeader('content-type', contentType);
    response.end(text);
  });
  app.use(PREFIX, (request, _response, next) => {
    tokens.verify(bearer(request.headers.authorization), service, request.path);
    next();
  });
  closeApp(app, logger);

  const endpoints = new Map(Object.entries(options.endpoints).map(([path, known]) => [PREFIX + path, { path, known }]));
  const answer = async (
    { path, known }: { path: string; known: InternalEndpoint },
    request: IncomingMessage,
    response: ServerResponse,
    requestId: string,
  ) => {
    try {
      tokens.verify(bearer(request.headers.authorization), service, path);
      const input: unknown = parse(known.request, parseJson(await readBody(request)));
      sendText(response, 200, 'application/json; charset=utf-8', JSON.stringify((await known.handle(input)) ?? {}));
    } catch (error) {
      if (response.headersSent) return void response.destroy();
      if (!request.complete) response.setHeader('connection', 'close');
      sendFailure(logger, response, error, requestId);
    }
  };

  return (request, response) => {
    const found = request.method === 'POST' ? endpoints.get(request.url ?? '') : undefined;
    if (found === undefined) return void app(request, response);
    const requestId = toCorrelationId(request.headers['x-request-id'], MAX_REQUEST_ID);
    observeRequest({ logger, service, id: requestId, path: PREFIX + found.path }, request, response, () => {
      void answer(found, request, response, requestId);
    });
  };
}
