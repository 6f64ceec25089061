import type { IncomingMessage } from 'node:http';
import { isIP, type Socket } from 'node:net';
import proxyAddr from 'proxy-addr';
import type { GatewayConfig } from './config';

/**
 * The address of a client: the socket's, or the one that trusted proxies noted in X-Forwarded-For.
 */
export function createAddresses({ TRUST_PROXY, TRUSTED_PROXIES }: Pick<GatewayConfig, 'TRUST_PROXY' | 'TRUSTED_PROXIES'>) {
  const trusted = TRUSTED_PROXIES.length === 0 ? undefined : proxyAddr.compile(TRUSTED_PROXIES);
  return {
    /** Whether a connection comes from a proxy whose X-Forwarded headers are believed. */
    isProxy: (socket: Socket): boolean =>
      trusted !== undefined ? socket.remoteAddress !== undefined && trusted(socket.remoteAddress, 0) : TRUST_PROXY > 0,
    of(request: IncomingMessage): string {
      const socketAddress = request.socket.remoteAddress ?? 'unknown';
      if (trusted !== undefined) {
        const address = proxyAddr(request, trusted);
        return isIP(address) === 0 ? socketAddress : address;
      }
      if (TRUST_PROXY === 0) return socketAddress;
      // A client may put anything at the left of the list; our own proxies append at the right.
      const hops = `${request.headers['x-forwarded-for']?.toString() ?? ''},${socketAddress}`.split(',').map((hop) => hop.trim());
      const address = hops.at(-1 - TRUST_PROXY) ?? '';
      return isIP(address) === 0 ? socketAddress : address;
    },
  };
}
export type Addresses = ReturnType<typeof createAddresses>;

/**
 * The unit of a limit: an IPv4 address, or the /64 of an IPv6 one, since a single customer owns
 * that many.
 */
export function bucketOf(address: string): string {
  if (isIP(address) !== 6) return address;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  const [left = '', right] = address.split('%')[0]?.split('::') ?? [];
  const head = left === '' ? [] : left.split(':');
  const tail = right === undefined || right === '' ? [] : right.split(':');
  const groups = [...head, ...Array<string>(Math.max(0, 8 - head.length - tail.length)).fill('0'), ...tail];
  return groups
    .slice(0, 4)
    .map((group) => parseInt(group, 16).toString(16))
    .join(':');
}
