import { randomUUID } from 'node:crypto';
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { routes, type Problem, type RouteKey, type ServiceName } from '@linsta/contracts';
import express, { type ErrorRequestHandler, type Express, type NextFunction, type Request, type Response } from 'express';
import type { z } from 'zod';
import { bearer, type Identity, type VerifyToken } from './auth';
import { AppError, badRequest, fromZod, notFound, toAppError, unforeseen } from './errors';
import type { Logger } from './log';

const TITLES: Record<number, string> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  409: 'Conflict',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
};

export function toProblem(error: AppError, requestId: string): Problem {
  return {
    type: 'about:blank',
    title: TITLES[error.status] ?? 'Error',
    status: error.status,
    detail: error.message,
    code: error.code,
    requestId,
    ...(error.extra.errors && { errors: error.extra.errors }),
  };
}

/** Sends a whole answer at once, on Express's responses and plain ones alike. */
export function sendText(response: ServerResponse, status: number, contentType: string, text: string): void {
  response.writeHead(status, { 'content-type': contentType, 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

export function sendProblem(response: ServerResponse, error: AppError, requestId: string): void {
  if (error.extra.retryAfterSeconds !== undefined) response.setHeader('retry-after', String(error.extra.retryAfterSeconds));
  sendText(response, error.status, 'application/problem+json; charset=utf-8', JSON.stringify(toProblem(error, requestId)));
}

/** Names one request in every log line it causes. A caller's own id is kept if it is harmless. */
export const requestIdOf = (header: unknown): string =>
  typeof header === 'string' && /^[\w.-]{8,64}$/.test(header) ? header : randomUUID();

export const BODY_FAULTS = {
  'entity.parse.failed': badRequest('MALFORMED_JSON', 'The body is not valid JSON'),
  'entity.too.large': new AppError(413, 'BODY_TOO_LARGE', 'The body is too large'),
  'charset.unsupported': new AppError(415, 'UNSUPPORTED_MEDIA_TYPE', 'The body must be JSON in UTF-8'),
  'encoding.unsupported': new AppError(415, 'UNSUPPORTED_MEDIA_TYPE', 'The body must not be compressed'),
  'request.aborted': badRequest('REQUEST_ABORTED', 'The request ended before its body'),
  'request.size.invalid': badRequest('REQUEST_ABORTED', 'The body does not have the announced length'),
} satisfies Record<string, AppError>;

const PROTOTYPE_KEY = 'unknown field "__proto__"';
/** A key that would reach an object's prototype has no business in any input. The parser keeps nothing of an error but its message. */
const refusePrototypeKeys = (key: string, value: unknown) => {
  if (key === '__proto__') throw new SyntaxError(PROTOTYPE_KEY);
  return value;
};

/** Answers whatever was thrown; what nobody foresaw goes to the log. */
export function sendFailure(logger: Logger, response: ServerResponse, error: unknown, requestId: string): void {
  const known = toAppError(error);
  if (known === undefined) logger.error({ err: error, requestId }, 'request failed');
  sendProblem(response, known ?? unforeseen(), requestId);
}

function answerErrors(logger: Logger): ErrorRequestHandler {
  return (error: unknown, request: Request, response: Response, next: NextFunction) => {
    if (response.headersSent) return next(error);
    const { type, status, message } = error as { type?: string; status?: number; message?: string };
    const known =
      toAppError(error) ??
      (message === PROTOTYPE_KEY ? badRequest('BAD_REQUEST', PROTOTYPE_KEY) : undefined) ??
      (BODY_FAULTS as Record<string, AppError>)[type ?? ''] ??
      (error instanceof URIError || status === 400 ? badRequest('BAD_REQUEST', 'The request is malformed') : undefined);
    sendFailure(logger, response, known ?? error, request.id);
  };
}

declare module 'express-serve-static-core' {
  interface Request {
    id: string;
    identity?: Identity;
  }
}

interface AppOptions {
  logger: Logger;
  bodyLimit: string;
}

/** Express with what every door needs: request ids, one log line a request, JSON bodies with a bound. Finish with `closeApp`. */
export function openApp({ logger, bodyLimit }: AppOptions): Express {
  const app = express();
  // `env` is only looked at by Express' last resort, which must never print a stack.
  app.disable('x-powered-by').set('etag', false).set('query parser', 'simple').set('env', 'production');
  app.use((request, response, next) => {
    request.id = requestIdOf(request.headers['x-request-id']);
    response.setHeader('x-request-id', request.id);
    const startedAt = process.hrtime.bigint();
    if (logger.isLevelEnabled('debug')) {
      response.on('close', () =>
        logger.debug(
          {
            requestId: request.id,
            method: request.method,
            path: request.path,
            status: response.statusCode,
            ms: Number(process.hrtime.bigint() - startedAt) / 1e6,
          },
          'request',
        ),
      );
    }
    next();
  });
  app.use((request, _response, next) => {
    const hasBody = Number(request.headers['content-length'] ?? 0) > 0 || request.headers['transfer-encoding'] !== undefined;
    if (hasBody && !request.is('application/json'))
      return next(new AppError(415, 'UNSUPPORTED_MEDIA_TYPE', 'The body must be application/json'));
    next();
  });
  app.use(express.json({ limit: bodyLimit, strict: true, inflate: false, reviver: refusePrototypeKeys }));
  return app;
}

export function closeApp(app: Express, logger: Logger): Express {
  app.use((_request, _response, next) => next(notFound('Path')));
  app.use(answerErrors(logger));
  return app;
}

export interface HealthCheck {
  (): Promise<Record<string, 'ok' | 'degraded' | 'down' | 'starting'>>;
}

/** What `/readyz` says of these parts. `degraded`: something is missing that others can do without for a while. */
export function toReadiness(checks: Record<string, string>): { code: 200 | 503; status: 'ok' | 'degraded' | 'not ready' } {
  const states = Object.values(checks);
  if (states.every((state) => state === 'ok')) return { code: 200, status: 'ok' };
  return states.every((state) => state === 'ok' || state === 'degraded')
    ? { code: 200, status: 'degraded' }
    : { code: 503, status: 'not ready' };
}

/** `node` names this process where others must find it again. */
export const mountHealth = (app: Express, health: HealthCheck, node?: string) => {
  app.get('/livez', (_request, response) => void response.json({ status: 'ok' }));
  app.get('/readyz', async (_request, response) => {
    const checks = await health();
    const { code, status } = toReadiness(checks);
    response.status(code).json({ status, checks, ...(node !== undefined && { node }) });
  });
};

type Parsed<K extends RouteKey, Part extends 'params' | 'query' | 'body'> =
  (typeof routes)[K] extends Record<Part, infer S extends z.ZodType> ? z.output<S> : undefined;
type Answer<K extends RouteKey> = (typeof routes)[K] extends { answer: infer S extends z.ZodType } ? z.input<S> : void;
export interface RouteInput<K extends RouteKey> {
  params: Parsed<K, 'params'>;
  query: Parsed<K, 'query'>;
  body: Parsed<K, 'body'>;
  /** The verified caller; on open routes there is none. */
  userId: (typeof routes)[K] extends { open: true } ? undefined : string;
  sid: string | undefined;
  requestId: string;
}
type KeysOf<S extends ServiceName> = { [K in RouteKey]: (typeof routes)[K]['service'] extends S ? K : never }[RouteKey];
/** One handler per call that the contract gives to this service: parsed input in, presented answer out. */
export type RouteHandlers<S extends ServiceName> = { [K in KeysOf<S>]: (input: RouteInput<K>) => Promise<Answer<K>> };

/** Throws 400 with every fault. */
export const parse = (schema: z.ZodType | undefined, value: unknown) => {
  if (schema === undefined) return undefined;
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw fromZod(parsed.error);
  return parsed.data;
};

/** The door for clients, made of the contract: a call that is not in `routes` does not exist. */
export function createPublicApp<S extends ServiceName>(options: {
  service: S;
  handlers: RouteHandlers<S>;
  verifyToken: VerifyToken;
  logger: Logger;
  health: HealthCheck;
  node?: string;
}): Express {
  const app = openApp({ logger: options.logger, bodyLimit: '64kb' });
  mountHealth(app, options.health, options.node);
  for (const [key, handler] of Object.entries(options.handlers)) {
    const [method = '', path = ''] = key.split(' ');
    const route: import('@linsta/contracts').Route = routes[key as RouteKey];
    const answer = async (request: Request, response: Response) => {
      if (!('open' in route)) request.identity = options.verifyToken(bearer(request.headers.authorization));
      if (route.body === undefined && request.body !== undefined && Object.keys(request.body as object).length > 0)
        throw badRequest('BAD_REQUEST', 'This call takes no body');
      const input = {
        params: parse(route.params, request.params),
        query: route.query === undefined ? undefined : parse(route.query, { ...request.query }),
        body: route.body === undefined ? undefined : parse(route.body, request.body ?? {}),
        userId: request.identity?.userId,
        sid: request.identity?.sid,
        requestId: request.id,
      };
      const result = await (handler as (input: unknown) => Promise<unknown>)(input);
      response.status(route.status);
      if (route.answer === undefined) return void response.end();
      // Presenters are held to the contract wherever tests run; in production the cost buys nothing.
      if (process.env.NODE_ENV === 'test') route.answer.parse(result);
      response.json(result);
    };
    app[method.toLowerCase() as 'get'](path, answer);
  }
  return closeApp(app, options.logger);
}

export interface Listening {
  server: Server;
  port: number;
  /** Stops taking connections, lets requests under way finish, then closes what is left. */
  close(graceMs?: number): Promise<void>;
}

/** Opens an HTTP server. Rejects with the system's error, e.g. EADDRINUSE. */
export async function listen(
  app: RequestListener | undefined,
  options: { host: string; port: number; server?: Server },
): Promise<Listening> {
  const server =
    options.server ??
    createServer({
      requestTimeout: 30_000,
      headersTimeout: 10_000,
      connectionsCheckingInterval: 1_000,
      maxHeaderSize: 16_384,
      keepAliveTimeout: 65_000,
    });
  if (app !== undefined) server.on('request', app);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  return {
    server,
    port: (server.address() as AddressInfo).port,
    close: (graceMs = 3_000) =>
      new Promise((resolve) => {
        if (!server.listening) return resolve();
        const force = setTimeout(() => server.closeAllConnections(), graceMs);
        server.close(() => {
          clearTimeout(force);
          resolve();
        });
        server.closeIdleConnections();
      }),
  };
}
