import { createLimiter, type Limiter, type Logger } from '@linsta/core';
import { createTally, logHandled, RETRY_DELAYS_MS, type EventBus, type Subscription } from './bus';
import { createPatientHandler, type PatientHandler } from './patience';
import type { EventRules } from './parse-event';

/** Interval of the look for parked events that were re-driven. */
const REDRIVE_POLL_MS = 1_000;

interface Subscriber {
  subscription: Subscription;
  limited: Limiter;
  patient: PatientHandler;
  settling: Set<Promise<unknown>>;
  /** The consumer takes no more events: a publish now fails, and the publisher keeps its event. */
  stopped: boolean;
  counted: { processed: number; retried: number; parked: number };
}

/**
 * The bus of the one-process installation. `publish` resolves only when every subscriber has
 * handled or parked the event: a crash loses nothing, since the publisher's outbox still holds it.
 * A retry waits outside the queue, so that one bad event never delays other events.
 */
export function createMemoryBus(options: {
  logger: Logger;
  retryDelaysMs?: number[];
  /**
   * Publishing waits for it: an event that is out before its consumers have subscribed would count
   * as handled by all of none.
   */
  subscribed?: Promise<void>;
  redrivePollMs?: number;
  rules?: EventRules;
}): EventBus {
  const rules = options.rules ?? {};
  const delays = options.retryDelaysMs ?? RETRY_DELAYS_MS;
  const subscribers: Subscriber[] = [];
  const sleeping = new Set<{ timer: NodeJS.Timeout; reject(error: Error): void }>();
  const underWay = new Set<Promise<void>>();
  const polls = new Set<NodeJS.Timeout>();
  const published = createTally();
  let closed = false;
  let close: () => void = () => undefined;
  const closing = new Promise<void>((resolve) => (close = resolve));

  const sleep = (ms: number) =>
    new Promise<void>((resolve, reject) => {
      if (closed) return reject(new Error('the bus is closed'));
      const entry = { timer: setTimeout(() => (sleeping.delete(entry), resolve()), ms), reject };
      sleeping.add(entry);
    });

  /** Answers true when it was handled, false when it was parked. */
  const settle = async (subscriber: Subscriber, raw: string): Promise<boolean> => {
    const { counted } = subscriber;
    const { queue, parking } = subscriber.subscription;
    for (let attempt = 1; ; attempt += 1) {
      if (subscriber.stopped) throw new Error(`${queue} is not consumed any more`);
      const handling = subscriber.limited(() => subscriber.patient.handle(raw));
      subscriber.settling.add(handling);
      const startedAt = performance.now();
      const verdict = await handling.finally(() => subscriber.settling.delete(handling));
      if (verdict.done) {
        logHandled(options.logger, queue, verdict.handled, startedAt);
        counted.processed += 1;
        return true;
      }
      const delay = delays[attempt - 1];
      if ('retry' in verdict && delay !== undefined) {
        counted.retried += 1;
        options.logger.warn({ queue, attempt, reason: verdict.retry }, 'bus event will be tried again');
        await sleep(delay);
        continue;
      }
      const reason = 'park' in verdict ? verdict.park : verdict.retry;
      try {
        await parking.park({ queue, reason, attempts: attempt, raw, parkedAt: new Date() });
        counted.parked += 1;
        options.logger.error({ queue, attempts: attempt, reason }, 'bus event parked');
        return false;
      } catch (error) {
        // Nowhere to put it yet: neither handled nor parked, so publish must not resolve.
        options.logger.error({ queue, err: (error as Error).message }, 'bus event cannot be parked yet');
        await sleep(delays.at(-1) ?? 1_000);
      }
    }
  };

  const track = (work: Promise<void>) => {
    underWay.add(work);
    const forget = () => void underWay.delete(work);
    work.then(forget, forget);
    return work;
  };

  /**
   * There is no broker to bring a re-driven event: its consumer looks for it. It is kept until it
   * was handled, so that a crash meanwhile loses nothing.
   */
  const pollRedriven = (subscriber: Subscriber) => {
    const { queue, parking } = subscriber.subscription;
    if (parking.redriven === undefined) return;
    const trying = new Set<string>();
    const retry = async (id: string, raw: string) => {
      try {
        if (await settle(subscriber, raw)) await parking.forget?.(id);
      } catch (error) {
        options.logger.debug({ queue, err: (error as Error).message }, 're-driven event is tried again later');
      } finally {
        trying.delete(id);
      }
    };
    const poll = async () => {
      const found = await parking.redriven?.(queue).catch(() => undefined);
      for (const { id, raw } of found ?? []) {
        if (closed || subscriber.stopped || trying.has(id)) continue;
        trying.add(id);
        void track(retry(id, raw));
      }
    };
    polls.add(setInterval(() => void poll(), options.redrivePollMs ?? REDRIVE_POLL_MS).unref());
  };

  return {
    publish(event) {
      if (closed) return Promise.reject(new Error('the bus is closed'));
      const raw = JSON.stringify(event);
      const work = (async () => {
        await Promise.race([options.subscribed, closing]);
        if (closed) throw new Error('the bus is closed');
        await Promise.all(subscribers.map((subscriber) => settle(subscriber, raw)));
        published.add(event.type);
      })();
      return track(work);
    },
    subscribe(subscription) {
      if (subscribers.some((other) => other.subscription.queue === subscription.queue))
        return Promise.reject(new Error(`queue ${subscription.queue} has a consumer already`));
      const subscriber: Subscriber = {
        subscription,
        limited: createLimiter(subscription.prefetch ?? 64),
        patient: createPatientHandler({ queue: subscription.queue, handlers: subscription.handlers, rules, logger: options.logger }),
        settling: new Set(),
        stopped: false,
        counted: { processed: 0, retried: 0, parked: 0 },
      };
      subscribers.push(subscriber);
      pollRedriven(subscriber);
      return Promise.resolve({
        async stop() {
          subscriber.stopped = true;
          subscriber.patient.stop();
          await Promise.allSettled(subscriber.settling);
        },
      });
    },
    rules,
    healthy: () => !closed,
    consumers: () =>
      subscribers.map(({ subscription: { queue }, stopped, counted, settling }) => ({
        queue,
        consuming: !closed && !stopped,
        // Nothing lies between a publisher and its consumers here.
        silentMs: 0,
        ...counted,
        underWay: settling.size,
      })),
    published: () => published.counts,
    async close() {
      closed = true;
      close();
      polls.forEach(clearInterval);
      for (const { patient } of subscribers) patient.stop();
      for (const { timer, reject } of sleeping) {
        clearTimeout(timer);
        reject(new Error('the bus is closed'));
      }
      sleeping.clear();
      await Promise.allSettled(underWay);
    },
  };
}
