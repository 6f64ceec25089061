import type { Socket } from 'node:net';
import { AppError, unavailable } from '@linsta/core';
import type { GatewayConfig } from './config';
import { bucketOf, type Addresses } from './addresses';

/**
 * Beyond a limit a client still gets an answer on this many further connections; then connections
 * are closed at once.
 */
const HEADROOM = 200;
const HEADROOM_PER_ADDRESS = 20;

/** Counts TCP connections, in total and per client address, whether or not they are upgraded. */
export function createConnections(
  config: Pick<GatewayConfig, 'MAX_CONNECTIONS' | 'MAX_CONNECTIONS_PER_ADDRESS'>,
  addresses: Pick<Addresses, 'isProxy'>,
) {
  const perAddress = new Map<string, number>();
  const refused = new WeakMap<Socket, AppError>();
  let total = 0;

  /** Counts this connection for an address until it closes; answers the number. */
  const count = (socket: Socket, address: string): number => {
    const bucket = bucketOf(address);
    const open = (perAddress.get(bucket) ?? 0) + 1;
    perAddress.set(bucket, open);
    socket.once('close', () => {
      const left = (perAddress.get(bucket) ?? 1) - 1;
      if (left === 0) perAddress.delete(bucket);
      else perAddress.set(bucket, left);
    });
    return open;
  };
  const tooMany = () => new AppError('TOO_MANY_CONNECTIONS', 'Too many connections from this address', { retryAfterSeconds: 5 });

  return {
    /** Total after which the server drops connections without an answer. */
    hardLimit: config.MAX_CONNECTIONS + HEADROOM,
    /**
     * Counts a new connection; beyond a limit its first request is refused, or it is closed at
     * once.
     */
    accept(socket: Socket): void {
      total += 1;
      socket.once('close', () => (total -= 1));
      if (total > config.MAX_CONNECTIONS) refused.set(socket, unavailable('There are too many connections just now', 5));
      // A proxy of ours carries the connections of many clients.
      if (addresses.isProxy(socket)) return;
      const open = count(socket, socket.remoteAddress ?? 'unknown');
      if (open > config.MAX_CONNECTIONS_PER_ADDRESS) refused.set(socket, tooMany());
      if (open > config.MAX_CONNECTIONS_PER_ADDRESS + HEADROOM_PER_ADDRESS) socket.destroy();
    },
    /** Why requests on this connection are refused, if they are. */
    refusal: (socket: Socket): AppError | undefined => refused.get(socket),
    /**
     * Counts an upgraded connection that came through a proxy for its client's address. Throws 429.
     */
    admitUpgrade(socket: Socket, address: string): void {
      if (!addresses.isProxy(socket)) return;
      if (count(socket, address) > config.MAX_CONNECTIONS_PER_ADDRESS) throw tooMany();
    },
  };
}
export type Connections = ReturnType<typeof createConnections>;
