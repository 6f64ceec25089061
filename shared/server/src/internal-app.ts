import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { z } from 'zod';
import { bearer, type ServiceTokens } from './auth';
import { BODY_FAULTS, closeApp, mountHealth, openApp, parse, requestIdOf, sendFailure, sendText, type HealthCheck } from './http';
import type { Logger } from './log';
import type { Metrics } from './metrics';

const MAX_BODY_BYTES = 32 * 1024 * 1024;
const PREFIX = '/internal';

export interface InternalDoor {
  request: z.ZodType;
  handle(input: unknown): Promise<unknown>;
}
/** Ties a door's handler to its schema's type. */
export const door = <T extends z.ZodType>(request: T, handle: (input: z.output<T>) => Promise<unknown>): InternalDoor => ({
  request,
  handle,
});

/** Nothing comes of it when the caller goes before its end: nobody is left to answer. */
const readBody = (request: IncomingMessage) =>
  new Promise<string>((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= MAX_BODY_BYTES) return void chunks.push(chunk);
      chunks.length = 0;
      reject(BODY_FAULTS['entity.too.large']);
    });
    request.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    request.on('error', reject);
  });
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw BODY_FAULTS['entity.parse.failed'];
  }
}

/**
 * The door for other services: `POST /internal/<name>`, JSON in and out, a service token on every call. Operators read `/readyz` and `/metrics` without one.
 *
 * Every message passes here, so the doors stand before Express, which would be half of such a call's cost; it answers all other paths.
 */
export function createInternalApp(options: {
  logger: Logger;
  tokens: ServiceTokens;
  health: HealthCheck;
  metrics: Metrics;
  doors: Record<string, InternalDoor>;
}): RequestListener {
  const { logger, tokens } = options;
  const app = openApp({ logger, bodyLimit: '64kb' });
  mountHealth(app, options.health);
  app.get('/metrics', async (_request, response) => {
    const { contentType, text } = await options.metrics();
    response.setHeader('content-type', contentType);
    response.end(text);
  });
  app.use(PREFIX, (request, _response, next) => {
    tokens.verify(bearer(request.headers.authorization));
    next();
  });
  closeApp(app, logger);

  const doors = new Map(Object.entries(options.doors).map(([path, known]) => [PREFIX + path, known]));
  const answer = async (known: InternalDoor, request: IncomingMessage, response: ServerResponse) => {
    try {
      tokens.verify(bearer(request.headers.authorization));
      const input: unknown = parse(known.request, parseJson(await readBody(request)));
      sendText(response, 200, 'application/json; charset=utf-8', JSON.stringify((await known.handle(input)) ?? {}));
    } catch (error) {
      if (response.headersSent) return void response.destroy();
      if (!request.complete) response.setHeader('connection', 'close');
      sendFailure(logger, response, error, requestIdOf(request.headers['x-request-id']));
    }
  };

  return (request, response) => {
    const known = request.method === 'POST' ? doors.get(request.url ?? '') : undefined;
    if (known === undefined) app(request, response);
    else void answer(known, request, response);
  };
}
