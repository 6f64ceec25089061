import { peopleAnswer } from '@linsta/contracts/internal';
import { retry } from '@linsta/core';
import { createBatchQueue, type InternalClient } from '@linsta/http';
import { LRUCache } from 'lru-cache';

const FRESH_MS = 60_000;
const MAX_REMEMBERED = 50_000;
const BACKOFF = { firstMs: 1_000, maxMs: 2_000 };

/**
 * Which users hide their presence, and therefore see none. Every node learns of changes from the
 * bus; what it has not learnt is requested from the users service.
 */
export function createVisibility({ users, now = Date.now }: { users: InternalClient; now?: () => number }) {
  const known = new LRUCache<string, { hides: boolean; until: number }>({ max: MAX_REMEMBERED });
  const remember = (userId: string, hides: boolean) => void known.set(userId, { hides, until: now() + FRESH_MS });
  const requests = createBatchQueue<string, boolean>({
    maxBatch: 500,
    maxWaiting: 10_000,
    send: async (ids) => {
      const answer = await users.post('/people', { userIds: [...new Set(ids)] }, peopleAnswer);
      const hiding = new Set(answer.users.filter(({ privacy }) => privacy?.presence === false).map(({ _id }) => _id));
      for (const id of ids) remember(id, hiding.has(id));
      return ids.map((id) => hiding.has(id));
    },
  });
  /** Throws while the users service is away and the answer is not known. */
  const hides = async (userId: string): Promise<boolean> => {
    const answer = known.get(userId);
    return answer !== undefined && answer.until > now() ? answer.hides : requests.push(userId);
  };

  return {
    hides,
    /** Whether the presence of other users is shown to this one; not while that is unknown. */
    sees: (userId: string): Promise<boolean> =>
      hides(userId).then(
        (hidden) => !hidden,
        () => false,
      ),
    /** Waits for an answer while `goesOn`. */
    async shows(userId: string, goesOn: () => boolean): Promise<boolean> {
      if (!goesOn()) return false;
      const hidden = await retry(() => hides(userId), { ...BACKOFF, stopped: () => !goesOn() }).catch(() => true);
      return !hidden && goesOn();
    },
    /** Returns whether this node knew otherwise. */
    learn(userId: string, isHidden: boolean): boolean {
      const before = known.get(userId)?.hides;
      remember(userId, isHidden);
      return before !== isHidden;
    },
  };
}
export type Visibility = ReturnType<typeof createVisibility>;
