import { AppError, correlationId, currentTraceparent, inSpan, joinCorrelationIds, unavailable, withCorrelation } from '@linsta/core';

export interface BatchQueue<In, Out> {
  /**
   * Resolves with this item's own outcome. Throws 429 when the queue is full, 503 when the deadline
   * passes.
   */
  push(item: In): Promise<Out>;
  /** Resolves when every item that was pushed has its outcome. */
  idle(): Promise<void>;
}

interface Entry<In, Out> {
  item: In;
  since: number;
  correlationId: string | undefined;
  traceparent: string | undefined;
  resolve(out: Out): void;
  reject(error: unknown): void;
}

/**
 * Natural batching: at most one batch is in flight, and everything that is pushed meanwhile becomes
 * the next one. There is no timer, so an idle queue costs one round trip per item, and a busy one
 * shares it. `send` returns one outcome per item, in order; if it throws, each item of that batch
 * fails. A batch runs under the correlation ids of its items.
 *
 * With `deadlineMs` no caller waits longer, even behind a batch that gets no answer. An item that
 * was not sent by then is never sent; the outcome of an item in flight is unknown.
 */
export function createBatchQueue<In, Out>(options: {
  send(items: In[]): Promise<Out[]>;
  maxBatch: number;
  maxWaiting: number;
  deadlineMs?: number;
}): BatchQueue<In, Out> {
  const { maxBatch, deadlineMs } = options;
  let queue: Entry<In, Out>[] = [];
  let inFlight: Entry<In, Out>[] = [];
  let running: Promise<void> | undefined;
  let watching: NodeJS.Timeout | undefined;

  /** One timer for all entries, set for the oldest: a message costs no timer of its own. */
  const watch = () => {
    const oldest = inFlight[0] ?? queue[0];
    if (deadlineMs === undefined || watching !== undefined || oldest === undefined) return;
    watching = setTimeout(
      () => {
        watching = undefined;
        const before = performance.now() - deadlineMs;
        const late = ({ since }: Entry<In, Out>) => since <= before;
        for (const entry of [...inFlight.filter(late), ...queue.filter(late)]) entry.reject(unavailable('There was no answer in time'));
        inFlight = inFlight.filter((entry) => !late(entry));
        queue = queue.filter((entry) => !late(entry));
        watch();
      },
      Math.max(1, oldest.since + deadlineMs - performance.now()),
    );
    watching.unref();
  };

  const sendBatch = async (batch: Entry<In, Out>[]) => {
    const [first] = batch;
    const outcomes = await withCorrelation(joinCorrelationIds(batch.map((entry) => entry.correlationId)), () =>
      // A trace has one parent: the batch belongs to that of its first item.
      inSpan('batch', { kind: 'internal', traceparent: first?.traceparent, attributes: { 'linsta.items': batch.length } }, () =>
        options.send(batch.map(({ item }) => item)),
      ),
    );
    if (outcomes.length !== batch.length) throw new Error(`a batch of ${batch.length} got ${outcomes.length} outcomes`);
    outcomes.forEach((outcome, at) => batch[at]?.resolve(outcome));
  };

  const run = async () => {
    while (queue.length > 0) {
      const batch = queue.length <= maxBatch ? queue : queue.slice(0, maxBatch);
      queue = queue.length <= maxBatch ? [] : queue.slice(maxBatch);
      inFlight = batch;
      await sendBatch(batch).catch((error: unknown) => batch.forEach((entry) => entry.reject(error)));
      inFlight = [];
    }
    running = undefined;
  };

  return {
    push(item) {
      if (queue.length >= options.maxWaiting)
        return Promise.reject(new AppError('OVERLOADED', 'Too many requests are waiting; try again shortly', { retryAfterSeconds: 1 }));
      return new Promise<Out>((resolve, reject) => {
        queue.push({ item, since: performance.now(), correlationId: correlationId(), traceparent: currentTraceparent(), resolve, reject });
        if (watching === undefined) watch();
        // Started in a microtask, so that everything that was pushed in this turn goes together.
        running ??= Promise.resolve().then(run);
      });
    },
    async idle() {
      while (running !== undefined) await running;
    },
  };
}
