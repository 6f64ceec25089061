import type { ServerResponse } from 'node:http';
import type { Problem } from '@linsta/contracts';
import { AppError, internalError, toAppError, type Logger } from '@linsta/core';

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
  426: 'Upgrade Required',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
};

/** RFC 9457. */
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

/**
 * Answers anything thrown; an unexpected failure is logged with its stack and answered with a fixed
 * sentence.
 */
export function sendFailure(logger: Logger, response: ServerResponse, error: unknown, requestId: string): void {
  const known = toAppError(error);
  if (known === undefined) logger.error({ err: error, requestId }, 'request failed');
  sendProblem(response, known ?? internalError(), requestId);
}
