import { sessionsAnswer } from '@linsta/contracts';
import { AppError, messageOf, type Logger } from '@linsta/core';
import { LRUCache } from 'lru-cache';
import { createBatchQueue } from './batch-queue';
import type { InternalClient } from './internal-client';
import type { Identity } from './tokens';

const MAX_KNOWN = 50_000;
/** Leaves time for the call itself when the users service does not answer. */
const DEADLINE_MS = 2_000;

/**
 * Asks the users service whether a token's session is still open. An answer holds for `ttlMs`. While the users
 * service is away, a token that is signed and not expired is accepted: chat goes on.
 */
export function createSessionCheck(options: { users: InternalClient; logger: Logger; ttlMs?: number }) {
  const ttlMs = options.ttlMs ?? 4_000;
  const known = new LRUCache<string, { active: boolean; until: number }>({ max: MAX_KNOWN });
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
  return {
    /** Throws 401 SESSION_ENDED. */
    async assertOpen({ sid }: Identity): Promise<void> {
      if (sid === undefined) return;
      let entry = known.get(sid);
      if (entry === undefined || entry.until < Date.now()) {
        try {
          entry = { active: await queue.push(sid), until: Date.now() + ttlMs };
        } catch (error) {
          options.logger.warn({ err: messageOf(error) }, 'session check failed');
          entry = { active: entry?.active ?? true, until: Date.now() + 1_000 };
        }
        known.set(sid, entry);
      }
      if (!entry.active) throw new AppError('SESSION_ENDED', 'Session ended');
    },
  };
}
export type SessionCheck = ReturnType<typeof createSessionCheck>;
