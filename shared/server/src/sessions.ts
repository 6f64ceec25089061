import { sessionsAnswer } from '@linsta/contracts';
import type { Identity } from './auth';
import { createBatchLink } from './batch-link';
import { unauthorized } from './errors';
import type { InternalClient } from './internal-client';
import type { Logger } from './log';

const MAX_KNOWN = 50_000;
/** A users service that hangs must not use up the time of the call itself. */
const DEADLINE_MS = 2_000;

/**
 * Asks the users service whether a token's session is still open; an answer holds for `ttlMs`, so an ended session is refused within that time.
 * While the users service is away, a token that is signed and not expired is believed: chat goes on.
 */
export function createSessionCheck(options: { users: InternalClient; logger: Logger; ttlMs?: number }) {
  const ttlMs = options.ttlMs ?? 4_000;
  const known = new Map<string, { active: boolean; until: number }>();
  const link = createBatchLink<string, boolean>({
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
          entry = { active: await link.push(sid), until: Date.now() + ttlMs };
        } catch (error) {
          options.logger.warn({ err: (error as Error).message }, 'session could not be checked');
          entry = { active: entry?.active ?? true, until: Date.now() + 1_000 };
        }
        if (known.size >= MAX_KNOWN) known.clear();
        known.set(sid, entry);
      }
      if (!entry.active) throw unauthorized('SESSION_ENDED', 'Session ended');
    },
  };
}
export type SessionCheck = ReturnType<typeof createSessionCheck>;
