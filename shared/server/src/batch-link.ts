import { tooMany, unavailable } from './errors';

export interface BatchLink<In, Out> {
  /** Resolves with this item's own outcome. Throws 429 when too much waits already, 503 when its deadline passes. */
  push(item: In): Promise<Out>;
  /** Resolves when all that was pushed is settled. */
  idle(): Promise<void>;
  readonly waiting: number;
}

interface Waiting<In, Out> {
  item: In;
  since: number;
  resolve(out: Out): void;
  reject(error: unknown): void;
}

/**
 * Natural batching: at most one batch is under way; whatever comes meanwhile is the next one. No timer, so an idle link costs one round trip,
 * and a busy one amortises it over everything that waits. `send` answers one outcome per item, in order; if it throws, each item of that batch fails.
 *
 * With `deadlineMs` nobody waits longer, also behind a batch that gets no answer. What was not sent until then never is; of what is under way nobody knows.
 */
export function createBatchLink<In, Out>(options: {
  send(items: In[]): Promise<Out[]>;
  maxBatch: number;
  maxWaiting: number;
  deadlineMs?: number;
}): BatchLink<In, Out> {
  const { maxBatch, deadlineMs } = options;
  let queue: Waiting<In, Out>[] = [];
  let underWay: Waiting<In, Out>[] = [];
  let running: Promise<void> | undefined;
  let watching: NodeJS.Timeout | undefined;

  /** One timer for all, set for the oldest: a message costs none of its own. */
  const watch = () => {
    const oldest = underWay[0] ?? queue[0];
    if (deadlineMs === undefined || watching !== undefined || oldest === undefined) return;
    watching = setTimeout(
      () => {
        watching = undefined;
        const before = performance.now() - deadlineMs;
        const late = ({ since }: Waiting<In, Out>) => since <= before;
        for (const waiting of [...underWay.filter(late), ...queue.filter(late)]) waiting.reject(unavailable('There was no answer in time'));
        underWay = underWay.filter((waiting) => !late(waiting));
        queue = queue.filter((waiting) => !late(waiting));
        watch();
      },
      Math.max(1, oldest.since + deadlineMs - performance.now()),
    );
    watching.unref();
  };

  const run = async () => {
    while (queue.length > 0) {
      const batch = queue.length <= maxBatch ? queue : queue.slice(0, maxBatch);
      queue = queue.length <= maxBatch ? [] : queue.slice(maxBatch);
      underWay = batch;
      try {
        const outcomes = await options.send(batch.map((waiting) => waiting.item));
        if (outcomes.length !== batch.length) throw new Error(`a batch of ${batch.length} was answered with ${outcomes.length} outcomes`);
        batch.forEach((waiting, at) => waiting.resolve(outcomes[at] as Out));
      } catch (error) {
        for (const waiting of batch) waiting.reject(error);
      }
      underWay = [];
    }
    running = undefined;
  };

  return {
    push(item) {
      if (queue.length >= options.maxWaiting)
        return Promise.reject(tooMany('Too much is waiting already; try again shortly', 1, 'OVERLOADED'));
      return new Promise<Out>((resolve, reject) => {
        queue.push({ item, since: performance.now(), resolve, reject });
        if (watching === undefined) watch();
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
