import { AppError } from '@linsta/core';

/**
 * A refused event costs as much as this many good ones: nothing comes of it, and it is answered all
 * the same.
 */
const REFUSAL_COST = 3;

/**
 * A token bucket for the events of one socket. While it is empty, events are refused; a client that
 * goes on all the same, until it owes as much again, is disconnected.
 */
export function createAllowance({ perSecond, burst }: { perSecond: number; burst: number }, now: () => number = Date.now) {
  let left = burst;
  let at = now();
  const take = (cost: number) => {
    const time = now();
    left = Math.min(burst, left + ((time - at) / 1000) * perSecond) - cost;
    at = time;
  };
  return {
    /** Counts one event. Throws 429 while too many come. */
    spend(): void {
      take(1);
      if (left < 0) throw new AppError('RATE_LIMITED', 'Too many events; slow down', { retryAfterSeconds: 1 });
    },
    /** Counts a refusal. */
    penalise: (): void => take(REFUSAL_COST - 1),
    /** Whether the client has ignored the refusals. */
    exceeded: (): boolean => left < -burst,
  };
}
export type Allowance = ReturnType<typeof createAllowance>;
