import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { AppError } from '@linsta/core';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { GatewayConfig } from './config';

/** The caller's address: the socket's, or what the trusted proxies before us wrote down. */
export function addressOf(request: IncomingMessage, trustedProxies: number): string {
  const socketAddress = request.socket.remoteAddress ?? 'unknown';
  if (trustedProxies === 0) return socketAddress;
  // A caller may put anything at the left of the list; our own proxies append at the right.
  const hops = `${request.headers['x-forwarded-for']?.toString() ?? ''},${socketAddress}`.split(',').map((hop) => hop.trim());
  const address = hops.at(-1 - trustedProxies) ?? '';
  return isIP(address) === 0 ? socketAddress : address;
}

/** What is counted as one caller: an IPv4 address, or the /64 of an IPv6 one, since a single customer owns that many. */
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

export type Limit = (key: string) => Promise<void>;

function perMinute(points: number): Limit {
  const limiter = new RateLimiterMemory({ points, duration: 60 });
  return async (key) => {
    try {
      await limiter.consume(key);
    } catch (refusal) {
      if (!(refusal instanceof RateLimiterRes)) throw refusal;
      throw new AppError('RATE_LIMITED', 'Too many requests; slow down', {
        retryAfterSeconds: Math.max(1, Math.ceil(refusal.msBeforeNext / 1000)),
      });
    }
  };
}

/** Each throws 429 with Retry-After. Counted in this process: several gateways allow so many each. */
export const createLimits = (config: GatewayConfig) => ({
  address: perMinute(config.RATE_LIMIT_PER_MINUTE),
  user: perMinute(config.USER_RATE_LIMIT_PER_MINUTE),
  auth: perMinute(config.AUTH_RATE_LIMIT_PER_MINUTE),
  sockets: perMinute(config.SOCKET_RATE_LIMIT_PER_MINUTE),
});
export type Limits = ReturnType<typeof createLimits>;
