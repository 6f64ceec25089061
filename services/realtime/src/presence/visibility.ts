import { peopleAnswer } from '@linsta/contracts/internal';
import { createBatchQueue, type InternalClient } from '@linsta/http';

const FRESH_MS = 60_000;
const MAX_REMEMBERED = 50_000;
const RETRY_MS = 2_000;

/**
 * Which users hide their presence, and therefore see none. Every node learns of changes from the
 * bus; what it has not learnt is requested from the users service.
 */
export function createVisibility({ users, now = Date.now }: { users: InternalClient; now?: () => number }) {
  const known = new Map<string, { hides: boolean; until: number }>();
  const remember = (userId: string, hides: boolean) => {
    const [oldest] = known.size >= MAX_REMEMBERED ? known.keys() : [];
    if (oldest !== undefined) known.delete(oldest);
    known.set(userId, { hides, until: now() + FRESH_MS });
  };
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
      while (goesOn()) {
        const hidden = await hides(userId).catch(() => undefined);
        if (hidden !== undefined) return !hidden && goesOn();
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS).unref());
      }
      return false;
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
