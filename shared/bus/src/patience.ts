import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { backoffMs, type Logger } from '@linsta/core';
import { handle, type BusHandlers, type Verdict } from './bus';
import type { EventRules } from './parse-event';

const BACKOFF = { firstMs: 200, maxMs: 5_000 };

/** Ends waits; every event of a queue may wait on it at once. */
const createEnd = () => {
  const end = new AbortController();
  setMaxListeners(0, end.signal);
  return end;
};

/**
 * Handles events of one queue. While a dependency of the handler is away, its events wait and are
 * not counted as attempts: an outage is no fault of an event, however long it lasts.
 */
export function createPatientHandler(options: { queue: string; handlers: BusHandlers; rules: EventRules; logger: Logger }) {
  const { queue, handlers, rules, logger } = options;
  let waiting = 0;
  let stopped = false;
  let end = createEnd();

  const pause = async (ms: number) => {
    waiting += 1;
    try {
      if (stopped) throw new Error('stopped');
      await sleep(ms, undefined, { signal: end.signal, ref: false });
    } catch {
      throw new Error(`${queue} is not consumed any more`);
    } finally {
      waiting -= 1;
    }
  };
  return {
    /** Rejects when waits end first: the event stays with the broker or with its publisher. */
    async handle(raw: string): Promise<Exclude<Verdict, { away: string }>> {
      for (let repeats = 0; ; repeats += 1) {
        const verdict = await handle(handlers, raw, rules);
        if (!('away' in verdict)) return verdict;
        if (waiting === 0) logger.warn({ queue, reason: verdict.away }, 'bus events wait for a dependency');
        await pause(backoffMs(BACKOFF, repeats));
      }
    },
    /** Ends the present waits. */
    giveUp() {
      end.abort();
      end = createEnd();
    },
    /** Ends the present waits, and later ones at once. */
    stop() {
      stopped = true;
      end.abort();
    },
  };
}
export type PatientHandler = ReturnType<typeof createPatientHandler>;
