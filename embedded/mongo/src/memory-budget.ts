import { typeOf } from './bson';
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

/** About what a value occupies in memory. */
export function memoryOf(value: unknown): number {
  switch (typeOf(value)) {
    case 'string':
      return OVERHEAD + (value as string).length * 2;
    case 'array':
      return (value as unknown[]).reduce<number>((sum, element) => sum + memoryOf(element), OVERHEAD);
    case 'object': {
      let sum = OVERHEAD;
      for (const key of Object.keys(value as object)) sum += OVERHEAD + memoryOf((value as Record<string, unknown>)[key]);
      return sum;
    }
    case 'binData':
      return OVERHEAD * 2 + (value as { position: number }).position;
    default:
      return OVERHEAD;
  }
}
