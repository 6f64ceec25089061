import { AsyncResource } from 'node:async_hooks';
import { AppError, notFound, toAppError, toCorrelationId, type Logger } from '@linsta/core';
import express, { type ErrorRequestHandler, type Express, type NextFunction, type Request, type Response } from 'express';
import type { Identity } from './identity/tokens';
import { sendFailure } from './problem';
import { observeRequest } from './request-log';

declare module 'express-serve-static-core' {
  interface Request {
    id: string;
    identity?: Identity;
  }
}

/** A client's own request id is kept up to this length. */
const MAX_REQUEST_ID = 64;
export const requestIdOf = (header: unknown): string => toCorrelationId(header, MAX_REQUEST_ID);

/** Failures of the JSON body parser, by its `type`. */
export const BODY_FAULTS: Readonly<Record<string, AppError>> = {
  'entity.parse.failed': new AppError('MALFORMED_JSON', 'The body is not valid JSON'),
  'entity.too.large': new AppError('BODY_TOO_LARGE', 'The body is too large'),
  'charset.unsupported': new AppError('UNSUPPORTED_MEDIA_TYPE', 'The body must be JSON in UTF-8'),
  'encoding.unsupported': new AppError('UNSUPPORTED_MEDIA_TYPE', 'The body must not be compressed'),
  'request.aborted': new AppError('REQUEST_ABORTED', 'The request ended before its body'),
  'request.size.invalid': new AppError('REQUEST_ABORTED', 'The body does not have the announced length'),
};
export const bodyFault = (type: string): AppError => BODY_FAULTS[type] ?? new AppError('BAD_REQUEST', 'The request is malformed');

const PROTOTYPE_KEY = 'unknown field "__proto__"';
/**
 * Refuses a key that would reach an object's prototype. The parser keeps only the message of the
 * error.
 */
const refusePrototypeKeys = (key: string, value: unknown) => {
  if (key === '__proto__') throw new SyntaxError(PROTOTYPE_KEY);
  return value;
};

function answerErrors(logger: Logger): ErrorRequestHandler {
  return (error: unknown, request: Request, response: Response, next: NextFunction) => {
    if (response.headersSent) return next(error);
    const { type = '', status, message }: { type?: string; status?: number; message?: string } = error instanceof Error ? error : {};
    const known =
      toAppError(error) ??
      (message === PROTOTYPE_KEY ? new AppError('BAD_REQUEST', PROTOTYPE_KEY) : undefined) ??
      BODY_FAULTS[type] ??
      (error instanceof URIError || status === 400 ? bodyFault('') : undefined);
    sendFailure(logger, response, known ?? error, request.id);
  };
}

interface JsonAppOptions {
  service: string;
  logger: Logger;
  bodyLimit: string;
  /** Longest request id that is kept: a batch between services carries the ids of its items. */
  maxRequestIdLength?: number;
}

/**
 * Express with request ids, one log line per request and JSON bodies with a limit. Finish it with
 * `closeApp`.
 */
export function openApp({ service, logger, bodyLimit, maxRequestIdLength = MAX_REQUEST_ID }: JsonAppOptions): Express {
  const app = express();
  // Only Express's last resort reads `env`, and it must never print a stack.
  app.disable('x-powered-by').set('etag', false).set('query parser', 'simple').set('env', 'production');
  app.use((request, response, next) => {
    request.id = toCorrelationId(request.headers['x-request-id'], maxRequestIdLength);
    response.setHeader('x-request-id', request.id);
    observeRequest({ logger, service, id: request.id, path: request.path }, request, response, next);
  });
  app.use((request, _response, next) => {
    const hasBody = Number(request.headers['content-length'] ?? 0) > 0 || request.headers['transfer-encoding'] !== undefined;
    if (!hasBody) return next();
    if (!request.is('application/json')) return next(new AppError('UNSUPPORTED_MEDIA_TYPE', 'The body must be application/json'));
    // The parser would take utf-7 and utf-16 as well.
    const charset = /;\s*charset\s*=\s*"?([^\s";]+)/i.exec(request.headers['content-type'] ?? '')?.[1];
    if (charset !== undefined && !/^utf-?8$/i.test(charset)) return next(bodyFault('charset.unsupported'));
    next();
  });
  const parseBody = express.json({ limit: bodyLimit, strict: true, inflate: false, reviver: refusePrototypeKeys });
  app.use((request, response, next) => {
    // The body's stream continues in the context of the socket, not of this request.
    parseBody(request, response, AsyncResource.bind(next as (error?: unknown) => void));
  });
  return app;
}

/** Adds the answers for unknown paths and for failures. */
export function closeApp(app: Express, logger: Logger): Express {
  app.use((_request, _response, next) => next(notFound('Path')));
  app.use(answerErrors(logger));
  return app;
}
