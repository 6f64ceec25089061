import { byType, byTypeOr } from './bson';
import { MongoError } from './errors';

/** What answers that are not read yet, sorts and pipelines may hold together. */
export const MAX_HELD_BYTES = 256 * 1024 * 1024;
/** What one value costs in memory beside its bytes. */
const OVERHEAD = 48;

export interface Lease {
  /** Throws QueryExceededMemoryLimitNoDiskUseAllowed where the store holds too much. */
  take(bytes: number): void;
  free(): void;
}

/**
 * One common limit for everything that queries hold in memory. `reclaim` gives up what idles; it
 * answers whether it gave up anything.
 */
export function createMemoryBudget(maxBytes = MAX_HELD_BYTES) {
  let held = 0;
  let reclaim: () => boolean = () => false;
  return {
    held: () => held,
    onShortage(give: () => boolean) {
      reclaim = give;
    },
    lease(): Lease {
      let own = 0;
      return {
        take(bytes) {
          while (held + bytes > maxBytes)
            if (!reclaim())
              throw new MongoError(
                'QueryExceededMemoryLimitNoDiskUseAllowed',
                `the query would hold more memory than the ${maxBytes >> 20} MB that all queries of the embedded store share; narrow it, or set MONGO_URL to a MongoDB server`,
              );
          held += bytes;
          own += bytes;
        },
        free() {
          held -= own;
          own = 0;
        },
      };
    },
  };
}
export type MemoryBudget = ReturnType<typeof createMemoryBudget>;

const SIZES = byTypeOr<undefined, number>(() => OVERHEAD, {
  string: (value) => OVERHEAD + value.length * 2,
  array: (value) => value.reduce<number>((sum, element) => sum + memoryOf(element), OVERHEAD),
  object: (value) => {
    let sum = OVERHEAD;
    for (const key of Object.keys(value)) sum += OVERHEAD + memoryOf(value[key]);
    return sum;
  },
  binData: ({ position }) => OVERHEAD * 2 + position,
});
/** About what a value occupies in memory. */
export function memoryOf(value: unknown): number {
  return byType(SIZES, value, undefined);
}
