import type { IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { AppError, unavailable, spreadOver, type Logger } from '@linsta/core';
import type { GatewayConfig } from './config';
import { sidOf, type Target } from './paths';
import { answerRaw } from './raw-answer';

const MAX_HEAD_BYTES = 16 * 1024;
/** Time for the second side to end after the first one has. */
const LINGER_MS = 5_000;
const FORWARDED = ['sec-websocket-key', 'sec-websocket-version', 'sec-websocket-extensions', 'sec-websocket-protocol', 'user-agent'];

/** Throws 400 or 426 for an upgrade that is not a WebSocket handshake. */
function assertHandshake({ method, headers }: IncomingMessage): void {
  const websocket = headers.upgrade?.toLowerCase() === 'websocket' && method === 'GET';
  if (!websocket || !/^[A-Za-z0-9+/]{22}==$/.test(headers['sec-websocket-key'] ?? ''))
    throw new AppError('BAD_HANDSHAKE', 'This is not a WebSocket handshake');
  if (headers['sec-websocket-version'] !== '13') throw new AppError('UPGRADE_REQUIRED', 'WebSocket version 13 is spoken here');
}

/**
 * Copies bytes from one socket to the other, and stops reading while the other side cannot take
 * more. Lighter than `pipe()`.
 */
function pump(from: Socket, to: Socket): void {
  from.on('data', (chunk: Buffer) => {
    if (!to.write(chunk)) from.pause();
  });
  to.on('drain', () => from.resume());
}

interface Tunnel {
  end(): void;
}

/** Carries WebSocket connections to realtime: after the handshake, bytes both ways. */
export function createTunnels(config: GatewayConfig, logger: Logger) {
  const tunnels = new Set<Tunnel>();
  /** Joins two connections whose handshake is done, until both are closed. */
  const join = (client: Socket, upstream: Socket) => {
    let linger: NodeJS.Timeout | undefined;
    const destroy = () => {
      client.destroy();
      upstream.destroy();
    };
    const windDown = () => {
      linger ??= setTimeout(destroy, LINGER_MS).unref();
      client.end();
      upstream.end();
    };
    const tunnel = { end: windDown };
    tunnels.add(tunnel);
    for (const socket of [client, upstream]) {
      socket.setTimeout(config.TUNNEL_IDLE_MS, destroy);
      socket.on('end', windDown).on('close', () => {
        windDown();
        if (!client.destroyed || !upstream.destroyed) return;
        clearTimeout(linger);
        tunnels.delete(tunnel);
      });
    }
    pump(client, upstream);
    pump(upstream, client);
  };

  return {
    /**
     * Opens a tunnel for an upgrade that may pass; answers and ends the connection if realtime will
     * not have it. Throws a refusal before that.
     */
    open(
      request: IncomingMessage,
      client: Socket,
      head: Buffer,
      { target, address, requestId, node }: { target: Target; address: string; requestId: string; node: string },
    ): void {
      assertHandshake(request);
      const { hostname, port, host } = new URL(node);
      const upstream = connect({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 80) });
      upstream.setNoDelay(true);
      client.setNoDelay(true);

      let answered = false;
      const refuse = (error: AppError, reason: string) => {
        if (answered) return;
        answered = true;
        clearTimeout(deadline);
        logger.warn({ requestId, reason }, 'socket refused');
        client.off('end', gone);
        upstream.destroy();
        answerRaw(client, error, requestId);
      };
      const away = (reason: string) => refuse(unavailable('The realtime service cannot be reached just now'), reason);
      const deadline = setTimeout(() => away('no answer in time'), config.UPSTREAM_TIMEOUT_MS).unref();
      const gone = () => {
        answered = true;
        clearTimeout(deadline);
        upstream.destroy();
        client.destroy();
      };
      client.once('close', gone).once('end', gone);
      upstream.on('error', (error: NodeJS.ErrnoException) => away(error.code ?? error.message)).once('close', () => away('closed'));

      const headers = FORWARDED.flatMap((name) => {
        const value = request.headers[name];
        return typeof value === 'string' ? [`${name}: ${value}\r\n`] : [];
      });
      upstream.write(
        `GET ${target.path}${target.search} HTTP/1.1\r\nhost: ${host}\r\nconnection: Upgrade\r\nupgrade: websocket\r\n` +
          `${headers.join('')}x-request-id: ${requestId}\r\nx-forwarded-for: ${address}\r\n\r\n`,
        'latin1',
      );
      if (head.length > 0) upstream.write(head);

      let received = Buffer.alloc(0);
      const onHead = (chunk: Buffer) => {
        received = Buffer.concat([received, chunk]);
        const end = received.indexOf('\r\n\r\n');
        if (end === -1) {
          if (received.length > MAX_HEAD_BYTES) away('answer without an end');
          return;
        }
        const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(received.toString('latin1', 0, 16))?.[1]);
        if (status >= 400 && status < 500)
          return refuse(
            sidOf(target) === undefined
              ? new AppError('BAD_HANDSHAKE', 'The realtime service did not accept this handshake')
              : new AppError('UNKNOWN_SESSION', 'Session ID unknown'),
            `answered ${status}`,
          );
        if (status !== 101) return away(`answered ${status}`);
        answered = true;
        clearTimeout(deadline);
        upstream.off('data', onHead);
        client.off('close', gone).off('end', gone);
        if (!client.write(received)) upstream.pause();
        join(client, upstream);
      };
      upstream.on('data', onHead);
    },
    /** Ends all tunnels, spread over this time. Clients see a lost transport and reconnect. */
    drain: (overMs: number): Promise<void> => spreadOver([...tunnels], overMs, (tunnel) => tunnel.end()),
  };
}
export type Tunnels = ReturnType<typeof createTunnels>;
