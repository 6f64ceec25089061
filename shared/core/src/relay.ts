import { correlationId, joinCorrelationIds, withCorrelation } from './correlation';
import { messageOf } from './errors';
import { currentTraceparent, inSpan } from './tracing';
import type { Logger } from './log';

export interface Relay<T> {
  /** Sweeps at once, then at regular intervals. */
  start(): void;
  /**
   * Processes items that were just stored. Never throws; the sweep finds what fails, and what
   * exceeds the bound.
   */
  offer(items: T[]): void;
  /** Stops the sweep and waits up to 2 s for items in flight. */
  stop(): Promise<void>;
}

interface Pending<T> {
  item: T;
  correlationId: string | undefined;
  traceparent: string | undefined;
}
interface RelayOptions<T> {
  /** Names the relay in log lines. */
  name: string;
  logger: Logger;
  keyOf(item: T): string;
  /**
   * A page of stored items that still carry their mark and were marked at or before this time,
   * oldest first.
   */
  find(markedBefore: Date, skip: number, limit: number): Promise<T[]>;
  /** Hands a batch on and removes the marks. A throw leaves the marks for the next sweep. */
  process(items: T[]): Promise<void>;
  batchSize: number;
  /** Batches in flight at a time. */
  concurrency: number;
  sweepMs: number;
  /** Younger items are most likely in flight already, here or in another process. */
  settleMs: number;
}

const PAGE = 100;
/** Items in memory; the database keeps the rest. */
const MAX_PENDING = 10_000;
const STOP_DEADLINE_MS = 2_000;

/**
 * Hands stored items on, at least once: those that are offered right after they were stored go at
 * once, and a sweep finds those that a crash or an outage left behind. An item that is pending or
 * in flight is not taken twice.
 */
export function createRelay<T>(options: RelayOptions<T>): Relay<T> {
  const { name, logger, keyOf, batchSize, concurrency } = options;
  const pending = new Map<string, Pending<T>>();
  const inFlight = new Map<string, Promise<void>>();
  let batches = 0;
  let scheduled = false;
  let timer: NodeJS.Timeout | undefined;
  let sweeping: Promise<void> | undefined;
  let stopped = false;

  const processBatch = async (batch: Pending<T>[]) => {
    try {
      await withCorrelation(joinCorrelationIds(batch.map((entry) => entry.correlationId)), () =>
        inSpan(`relay ${name}`, { kind: 'internal', traceparent: batch[0]?.traceparent }, () =>
          options.process(batch.map(({ item }) => item)),
        ),
      );
    } catch (error) {
      if (!stopped) logger.warn({ relay: name, items: batch.length, err: messageOf(error) }, 'relay failed; the next sweep repeats it');
    }
  };
  const takeBatch = () => {
    const batch = new Map<string, Pending<T>>();
    for (const [key, entry] of pending) {
      if (batch.size === batchSize) break;
      batch.set(key, entry);
      pending.delete(key);
    }
    return batch;
  };
  const pump = () => {
    scheduled = false;
    while (batches < concurrency && pending.size > 0) {
      const batch = takeBatch();
      batches += 1;
      const work = processBatch([...batch.values()]).finally(() => {
        batches -= 1;
        for (const key of batch.keys()) inFlight.delete(key);
        pump();
      });
      for (const key of batch.keys()) inFlight.set(key, work);
    }
  };
  const add = (items: T[]) => {
    for (const item of items) {
      const key = keyOf(item);
      if (pending.size < MAX_PENDING && !inFlight.has(key))
        pending.set(key, { item, correlationId: correlationId(), traceparent: currentTraceparent() });
    }
    // In a microtask, so that everything that is offered in this turn goes together.
    if (!scheduled) queueMicrotask(pump);
    scheduled = true;
  };

  const sweep = async (olderThanMs: number) => {
    try {
      const markedBefore = new Date(Date.now() - olderThanMs);
      for (let skip = 0; !stopped && pending.size < MAX_PENDING; skip += PAGE) {
        const found = await options.find(markedBefore, skip, PAGE);
        add(found);
        if (found.length < PAGE) return;
      }
    } catch (error) {
      if (!stopped) logger.warn({ relay: name, err: messageOf(error) }, 'relay sweep failed');
    }
  };
  const tick = (olderThanMs: number) => {
    sweeping ??= sweep(olderThanMs).finally(() => (sweeping = undefined));
  };

  return {
    start() {
      tick(0);
      timer = setInterval(() => tick(options.settleMs), options.sweepMs);
      timer.unref();
    },
    offer(items) {
      if (!stopped) add(items);
    },
    async stop() {
      clearInterval(timer);
      await sweeping;
      const deadline = new Promise((resolve) => setTimeout(resolve, STOP_DEADLINE_MS).unref());
      const settled = async () => {
        while (pending.size > 0 || inFlight.size > 0) await Promise.allSettled([...inFlight.values(), Promise.resolve()]);
      };
      await Promise.race([settled(), deadline]);
      stopped = true;
      pending.clear();
    },
  };
}
