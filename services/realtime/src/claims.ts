import type { Cluster } from './cluster';

const PREFIX = 'bell:';
const MAX_REMEMBERED = 100_000;

/**
 * Claims notifications among all nodes, so that each is pushed once. A row is forwarded again when
 * its notification process could not mark it as forwarded, or two processes sweep at once.
 */
export function createClaims(options: { cluster: Pick<Cluster, 'claim'> | undefined; forMs: number; now: () => Date }) {
  const { cluster, forMs } = options;
  const mine = new Map<string, number>();
  const remember = (id: string, now: number) => {
    for (const [oldest, until] of mine) {
      if (until > now && mine.size < MAX_REMEMBERED) break;
      mine.delete(oldest);
    }
    mine.set(id, now + forMs);
  };
  return {
    /** Claims `ids` and returns those that no node had claimed before. */
    async first(ids: string[]): Promise<Set<string>> {
      const now = options.now().getTime();
      const fresh = [...new Set(ids)].filter((id) => (mine.get(id) ?? 0) <= now);
      // Before the first await: two deliveries at once in this process must not both be first.
      for (const id of fresh) remember(id, now);
      if (cluster === undefined || fresh.length === 0) return new Set(fresh);
      // Without Redis a push reaches this node's own sockets alone, and of those this node knows.
      const claimed = await cluster
        .claim(
          fresh.map((id) => `${PREFIX}${id}`),
          forMs,
        )
        .catch(() => fresh.map(() => true));
      return new Set(fresh.filter((_, at) => claimed[at] === true));
    },
  };
}
