import type { IncomingMessage, RequestListener, Server } from 'node:http';
import type { Socket } from 'node:net';
import { AppError, notFound, toAppError, internalError, type Logger } from '@linsta/core';
import { createHttpServer, requestIdOf } from '@linsta/http';
import type { GatewayConfig } from './config';
import { createBasePath } from './base-path';
import type { Origins } from './origins';
import { bucketOf, type Addresses } from './addresses';
import { createConnections } from './connections';
import { inOrder } from './in-order';
import type { Limits } from './limits';
import { sidOf, SOCKET_PATH, toTarget } from './paths';
import type { RealtimeNodes } from './realtime-nodes';
import { answerRaw } from './raw-answer';
import type { Tunnels } from './tunnel';

interface ServerOptions {
  config: GatewayConfig;
  logger: Logger;
  app: RequestListener;
  addresses: Addresses;
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
/**
 * A connection on which nothing moves for this long is closed, e.g. one whose client does not read
 * its answer.
 */
const IDLE_MS = 120_000;

/** Proxies and servers may take different ones of two Host headers. */
const hasOneHost = ({ rawHeaders }: IncomingMessage): boolean =>
  rawHeaders.filter((text, at) => at % 2 === 0 && text.toLowerCase() === 'host').length <= 1;

/** The HTTP server itself: it decides what needs no Express, or comes before it. */
export function createPublicServer({ config, logger, app, addresses, origins, limits, tunnels, nodes }: ServerOptions): Server {
  const connections = createConnections(config, addresses);
  const server = createHttpServer({ headersTimeoutMs: config.HEADERS_TIMEOUT_MS, requestTimeoutMs: config.REQUEST_TIMEOUT_MS });
  server.maxConnections = connections.hardLimit;
  server.setTimeout(IDLE_MS);

  server.on('connection', (socket) => connections.accept(socket));
  server.on(
    'request',
    inOrder((request, response) => {
      const refusal = hasOneHost(request)
        ? connections.refusal(request.socket)
        : new AppError('MALFORMED_REQUEST', 'The request has more than one Host header');
      if (refusal === undefined) app(request, response);
      else answerRaw(request.socket, refusal, requestIdOf(request.headers['x-request-id']));
    }),
  );

  const withinBase = createBasePath(config.BASE_PATH);
  const upgrade = async (request: IncomingMessage, socket: Socket, head: Buffer, requestId: string) => {
    const refusal = connections.refusal(socket);
    if (refusal !== undefined) throw refusal;
    const target = toTarget(withinBase(request.url ?? '') ?? '/');
    if (target.path !== SOCKET_PATH) throw notFound('Path');
    origins.assertAllowed(request);
    const address = addresses.of(request);
    await limits.sockets(bucketOf(address));
    const node = await nodes.pick(sidOf(target));
    connections.admitUpgrade(socket, address);
    tunnels.open(request, socket, head, { target, address, requestId, node });
  };
  server.on('upgrade', (request, stream, head) => {
    // Always a TCP socket: the server speaks plain HTTP.
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
    // An answer under way cannot be followed by another; Node's own handler looks at the same
    // field.
    if (error.code === 'ECONNRESET' || !socket.writable || socket._httpMessage?._headerSent === true) return void socket.destroy();
    answerRaw(
      socket,
      FAULTS[error.code ?? ''] ?? new AppError('MALFORMED_REQUEST', 'The request is not valid HTTP'),
      requestIdOf(undefined),
    );
  });
  return server;
}
