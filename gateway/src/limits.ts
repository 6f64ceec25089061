import { AppError } from '@linsta/core';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { GatewayConfig } from './config';

export type Limit = (key: string) => Promise<void>;

function perMinute(points: number): Limit {
  const limiter = new RateLimiterMemory({ points, duration: 60 });
  return async (key) => {
    try {
      await limiter.consume(key);
    } catch (refusal) {
      if (!(refusal instanceof RateLimiterRes)) throw refusal;
      const retryAfterSeconds = Math.max(1, Math.ceil(refusal.msBeforeNext / 1000));
      throw new AppError('RATE_LIMITED', 'Too many requests; slow down', { retryAfterSeconds });
    }
  };
}

/** Each throws 429 with Retry-After. Counted in this process: every gateway allows this many. */
export const createLimits = (config: GatewayConfig) => ({
  address: perMinute(config.RATE_LIMIT_PER_MINUTE),
  user: perMinute(config.USER_RATE_LIMIT_PER_MINUTE),
  auth: perMinute(config.AUTH_RATE_LIMIT_PER_MINUTE),
  search: perMinute(config.SEARCH_RATE_LIMIT_PER_MINUTE),
  server: perMinute(config.SERVER_RATE_LIMIT_PER_MINUTE),
  sockets: perMinute(config.SOCKET_RATE_LIMIT_PER_MINUTE),
});
export type Limits = ReturnType<typeof createLimits>;
