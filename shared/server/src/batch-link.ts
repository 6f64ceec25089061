import { tooMany } from './errors';

export interface BatchLink<In, Out> {
  /** Resolves with this item's own outcome. Throws 429 when too much waits already. */
  push(item: In): Promise<Out>;
  /** Resolves when all that was pushed is settled. */
  idle(): Promise<void>;
  readonly waiting: number;
}

interface Waiting<In, Out> {
  item: In;
  resolve(out: Out): void;
  reject(error: unknown): void;
}

/**
 * Natural batching: at most one batch is under way; whatever comes meanwhile is the next one. No timer, so an idle link costs one round trip,
 * and a busy one amortises it over everything that waits. `send` answers one outcome per item, in order; if it throws, each item of that batch fails.
 */
export function createBatchLink<In, Out>(options: {
  send(items: In[]): Promise<Out[]>;
  maxBatch: number;
  maxWaiting: number;
}): BatchLink<In, Out> {
  let queue: Waiting<In, Out>[] = [];
  let running: Promise<void> | undefined;

  const run = async () => {
    while (queue.length > 0) {
      const batch = queue.length <= options.maxBatch ? queue : queue.slice(0, options.maxBatch);
      queue = queue.length <= options.maxBatch ? [] : queue.slice(options.maxBatch);
      try {
        const outcomes = await options.send(batch.map((waiting) => waiting.item));
        if (outcomes.length !== batch.length) throw new Error(`a batch of ${batch.length} was answered with ${outcomes.length} outcomes`);
        batch.forEach((waiting, at) => waiting.resolve(outcomes[at] as Out));
      } catch (error) {
        for (const waiting of batch) waiting.reject(error);
      }
    }
    running = undefined;
  };

  return {
    push(item) {
      if (queue.length >= options.maxWaiting)
        return Promise.reject(tooMany('Too much is waiting already; try again shortly', 1, 'OVERLOADED'));
      return new Promise<Out>((resolve, reject) => {
        queue.push({ item, resolve, reject });
        // Started in a microtask so that everything that came in this tick goes together.
        running ??= Promise.resolve().then(run);
      });
    },
    async idle() {
      while (running !== undefined) await running;
    },
    get waiting() {
      return queue.length;
    },
  };
}
