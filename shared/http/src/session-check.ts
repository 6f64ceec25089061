import { sessionsAnswer } from '@linsta/contracts/internal';
import { AppError, messageOf, type Logger } from '@linsta/core';
import { LRUCache } from 'lru-cache';
import { createBatchQueue } from './batch-queue';
import type { InternalClient } from './internal-client';
import type { Identity } from './tokens';

/** Ended sessions that are refused without a call. Access tokens of older ones have expired. */
const MAX_ENDED = 100_000;
/** Leaves time for the call itself when the users service does not answer. */
const DEADLINE_MS = 2_000;

/**
 * Asks the users service whether a token's session is still open, each time, in batches: an ended
 * session is refused from the moment that the answer to its end was sent. An ended session never
 * opens again, so that answer is kept. While the users service is away, a token that is signed and
 * not expired is accepted: chat goes on.
 */
export function createSessionCheck(options: { users: InternalClient; logger: Logger }) {
  const ended = new LRUCache<string, true>({ max: MAX_ENDED });
  const queue = createBatchQueue<string, boolean>({
    maxBatch: 500,
    maxWaiting: 10_000,
    deadlineMs: DEADLINE_MS,
    send: async (sids) => {
      const { active } = await options.users.post('/sessions/check', { sids: [...new Set(sids)] }, sessionsAnswer);
      const open = new Set(active);
      return sids.map((sid) => open.has(sid));
    },
  });
  const isOpen = async (sid: string): Promise<boolean> => {
    if (ended.has(sid)) return false;
    try {
      const open = await queue.push(sid);
      if (!open) ended.set(sid, true);
      return open;
    } catch (error) {
      options.logger.warn({ err: messageOf(error) }, 'session check failed');
      return !ended.has(sid);
    }
  };
  return {
    /** Throws 401 SESSION_ENDED. */
    async assertOpen({ sid }: Identity): Promise<void> {
      if (sid !== undefined && !(await isOpen(sid))) throw new AppError('SESSION_ENDED', 'Session ended');
    },
    /** Notes an end that a bus event reported. */
    markEnded: (sid: string) => void ended.set(sid, true),
    hasEnded: (sid: string): boolean => ended.has(sid),
    /** Those of these sessions that have ended, by a fresh look. */
    async endedOf(sids: string[]): Promise<string[]> {
      const open = await Promise.all(sids.map(isOpen));
      return sids.filter((_, at) => open[at] !== true);
    },
  };
}
export type SessionCheck = ReturnType<typeof createSessionCheck>;
