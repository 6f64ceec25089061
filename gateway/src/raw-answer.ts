import type { Duplex } from 'node:stream';
import { AppError } from '@linsta/core';
import { toProblem } from '@linsta/http';

/**
 * Answers on a bare connection, where there is no response object (yet or any more), and ends it.
 */
export function answerRaw(socket: Duplex, error: AppError, requestId: string, headers: Record<string, string> = {}): void {
  if (!socket.writable) return void socket.destroy();
  const problem = toProblem(error, requestId);
  const body = JSON.stringify(problem);
  const lines = {
    'content-type': 'application/problem+json; charset=utf-8',
    'content-length': String(Buffer.byteLength(body)),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'x-request-id': requestId,
    connection: 'close',
    ...(error.extra.retryAfterSeconds !== undefined && { 'retry-after': String(error.extra.retryAfterSeconds) }),
    ...headers,
  };
  const head = Object.entries(lines).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${problem.status} ${problem.title}\r\n${head.join('')}\r\n${body}`);
  // A caller that does not close its side after that would keep the connection for ever.
  const force = setTimeout(() => socket.destroy(), 2_000).unref();
  socket.once('close', () => clearTimeout(force));
  socket.resume();
}
