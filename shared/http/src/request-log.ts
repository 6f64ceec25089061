import type { IncomingMessage, ServerResponse } from 'node:http';
import { openSpan, withCorrelation, type Logger } from '@linsta/core';

const PROBES = new Set(['/livez', '/readyz', '/metrics']);
const PARAMETER = /\/[0-9a-fA-F]{24}(?=\/|$)/g;

/** The path without ids: few enough names for spans and metrics. */
export const routeOf = (path: string): string => path.replaceAll(PARAMETER, '/:id');

/** A request whose answer is complete or given up. */
export interface FinishedRequest {
  service: string;
  method: string;
  path: string;
  status: number;
  durationMs: number;
}
const observers = new Set<(request: FinishedRequest) => void>();
/** Calls `observer` for each finished request of this process. Answers how to stop. */
export function onFinishedRequest(observer: (request: FinishedRequest) => void): () => void {
  observers.add(observer);
  return () => void observers.delete(observer);
}

/**
 * One line per request when its answer is complete or given up; probes only at `debug`. Never a
 * query string or a body.
 */
function reportRequest({ logger, service, path }: Observed, request: IncomingMessage, response: ServerResponse): void {
  const level = PROBES.has(path) ? 'debug' : 'info';
  const logged = logger.isLevelEnabled(level);
  if (!logged && observers.size === 0) return;
  const startedAt = performance.now();
  const { method = '' } = request;
  response.once('close', () => {
    const durationMs = Math.round((performance.now() - startedAt) * 10) / 10;
    const status = response.statusCode;
    for (const observe of observers) observe({ service, method, path, status, durationMs });
    if (logged) logger[level]({ method, path, status, durationMs, ...(!response.writableFinished && { aborted: true }) }, 'request');
  });
}

interface Observed {
  logger: Logger;
  service: string;
  id: string;
  path: string;
}
/** Runs the handling of a request under its correlation id, within a span, and reports its end. */
export function observeRequest(observed: Observed, request: IncomingMessage, response: ServerResponse, handle: () => void): void {
  const { service, id, path } = observed;
  withCorrelation(id, () => {
    reportRequest(observed, request, response);
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
