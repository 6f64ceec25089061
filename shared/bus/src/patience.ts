import { backoffMs, type Logger } from '@linsta/core';
import { handle, type BusHandlers, type Verdict } from './bus';
import type { EventRules } from './parse-event';

const BACKOFF = { firstMs: 200, maxMs: 5_000 };

/**
 * Handles events of one queue. While a dependency of the handler is away, its events wait and are
 * not counted as attempts: an outage is no fault of an event, however long it lasts. `pause` waits
 * between two attempts and rejects when the consumer stops.
 */
export function createPatientHandler(options: {
  queue: string;
  handlers: BusHandlers;
  rules: EventRules | undefined;
  logger: Logger;
  pause: (ms: number) => Promise<void>;
}) {
  const { queue, handlers, rules, logger, pause } = options;
  let waiting = 0;
  return async (raw: string): Promise<Exclude<Verdict, { away: string }>> => {
    for (let repeats = 0; ; repeats += 1) {
      const verdict = await handle(handlers, raw, rules);
      if (!('away' in verdict)) return verdict;
      if (waiting === 0) logger.warn({ queue, reason: verdict.away }, 'bus events wait for a dependency');
      waiting += 1;
      try {
        await pause(backoffMs(BACKOFF, repeats));
      } finally {
        waiting -= 1;
      }
    }
  };
}
