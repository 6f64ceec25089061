import type { IncomingMessage, RequestListener, Server } from 'node:http';
import type { Socket } from 'node:net';
import { AppError, notFound, toAppError, unavailable, internalError, type Logger } from '@linsta/core';
import { createHttpServer, requestIdOf } from '@linsta/http';
import type { GatewayConfig } from './config';
import type { Origins } from './cors';
import { addressOf, bucketOf, type Limits } from './limits';
import { sidOf, SOCKET_PATH, toTarget } from './paths';
import type { RealtimeNodes } from './realtime-nodes';
import { answerRaw } from './raw-answer';
import type { Tunnels } from './tunnel';

interface ServerOptions {
  config: GatewayConfig;
  logger: Logger;
  app: RequestListener;
  origins: Origins;
  limits: Limits;
  tunnels: Tunnels;
  nodes: RealtimeNodes;
}

const INTERNAL = internalError();
const FAULTS: Record<string, AppError> = {
  HPE_HEADER_OVERFLOW: new AppError('HEADERS_TOO_LARGE', 'The request line and headers are too large'),
  ERR_HTTP_REQUEST_TIMEOUT: new AppError('REQUEST_TIMEOUT', 'The request did not arrive in time'),
  HPE_CHUNK_EXTENSIONS_OVERFLOW: new AppError('BODY_TOO_LARGE', 'The body is too large'),
};
/** Over MAX_CONNECTIONS a caller is told so; so many more are let in for that, then connections are dropped. */
const HEADROOM = 200;

/** The HTTP server itself: what is decided before, or without, a request that Express could see. */
export function createPublicServer({ config, logger, app, origins, limits, tunnels, nodes }: ServerOptions): Server {
  const overfull = new WeakSet<Socket>();
  let connections = 0;

  const server = createHttpServer({ headersTimeoutMs: config.HEADERS_TIMEOUT_MS, requestTimeoutMs: config.REQUEST_TIMEOUT_MS });
  server.maxConnections = config.MAX_CONNECTIONS + HEADROOM;
  const full = () => unavailable('There are too many connections just now', 5);

  server.on('connection', (socket) => {
    connections += 1;
    if (connections > config.MAX_CONNECTIONS) overfull.add(socket);
    socket.once('close', () => (connections -= 1));
  });
  server.on('request', (request, response) => {
    if (overfull.has(request.socket)) answerRaw(request.socket, full(), requestIdOf(request.headers['x-request-id']));
    else app(request, response);
  });

  const upgrade = async (request: IncomingMessage, socket: Socket, head: Buffer, requestId: string) => {
    if (overfull.has(socket)) throw full();
    const target = toTarget(request.url ?? '');
    if (target.path !== SOCKET_PATH) throw notFound('Path');
    origins.assertAllowed(request);
    const address = addressOf(request, config.TRUST_PROXY);
    await limits.sockets(bucketOf(address));
    const node = await nodes.pick(sidOf(target));
    tunnels.open(request, socket, head, { target, address, requestId, node });
  };
  server.on('upgrade', (request, stream, head) => {
    // Always a TCP socket: the server is a plain one.
    const socket = stream as Socket;
    const requestId = requestIdOf(request.headers['x-request-id']);
    socket.on('error', () => socket.destroy());
    socket.setTimeout(0);
    upgrade(request, socket, head, requestId).catch((error: unknown) => {
      const known = toAppError(error);
      if (known === undefined) logger.error({ err: error, requestId }, 'upgrade failed');
      answerRaw(socket, known ?? INTERNAL, requestId, known?.status === 426 ? { 'sec-websocket-version': '13' } : {});
    });
  });
  server.on('connect', (request, socket) => {
    socket.on('error', () => socket.destroy());
    answerRaw(socket, new AppError('METHOD_NOT_ALLOWED', 'This is not a proxy'), requestIdOf(request.headers['x-request-id']));
  });
  server.on('clientError', (error: Error & { code?: string }, stream) => {
    const socket = stream as Socket & { _httpMessage?: { _headerSent: boolean } };
    // An answer under way cannot be followed by another; Node's own handler looks at the same field.
    if (error.code === 'ECONNRESET' || !socket.writable || socket._httpMessage?._headerSent === true) return void socket.destroy();
    answerRaw(
      socket,
      FAULTS[error.code ?? ''] ?? new AppError('MALFORMED_REQUEST', 'The request is not valid HTTP'),
      requestIdOf(undefined),
    );
  });
  return server;
}
