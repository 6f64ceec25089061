import type { IncomingMessage, ServerResponse } from 'node:http';
import { openSpan, withCorrelation, type Logger } from '@linsta/core';

const PROBES = new Set(['/livez', '/readyz', '/metrics']);
const PARAMETER = /\/[0-9a-fA-F]{24}(?=\/|$)/g;

/** The path without ids: few enough names for spans and metrics. */
export const routeOf = (path: string): string => path.replaceAll(PARAMETER, '/:id');

/**
 * One line per request when its answer is complete or given up; probes only at `debug`. Never a
 * query string or a body.
 */
function logRequest(logger: Logger, request: IncomingMessage, response: ServerResponse, path: string): void {
  const level = PROBES.has(path) ? 'debug' : 'info';
  if (!logger.isLevelEnabled(level)) return;
  const startedAt = performance.now();
  const { method } = request;
  response.once('close', () => {
    const durationMs = Math.round((performance.now() - startedAt) * 10) / 10;
    logger[level](
      { method, path, status: response.statusCode, durationMs, ...(!response.writableFinished && { aborted: true }) },
      'request',
    );
  });
}

/** Runs the handling of a request under its correlation id, within a span, and logs it. */
export function observeRequest(
  { logger, service, id, path }: { logger: Logger; service: string; id: string; path: string },
  request: IncomingMessage,
  response: ServerResponse,
  handle: () => void,
): void {
  withCorrelation(id, () => {
    logRequest(logger, request, response, path);
    const { method = '', headers } = request;
    const traceparent = typeof headers.traceparent === 'string' ? headers.traceparent : undefined;
    const attributes = {
      'linsta.service': service,
      'http.request.method': method,
      'http.route': routeOf(path),
      'linsta.correlation_id': id,
    };
    const end = openSpan(`${method} ${routeOf(path)}`, { kind: 'server', attributes, traceparent }, handle);
    response.once('close', () => end({ 'http.response.status_code': response.statusCode }, response.statusCode >= 500));
  });
}
