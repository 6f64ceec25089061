import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from '@linsta/core';

const PROBES = new Set(['/livez', '/readyz', '/metrics']);

/**
 * One line per request when its answer is complete or given up; probes only at `debug`. Never a
 * query string or a body.
 */
export function logRequest(logger: Logger, request: IncomingMessage, response: ServerResponse, path: string): void {
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
