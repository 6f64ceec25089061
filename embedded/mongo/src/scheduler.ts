import { MongoError } from './errors';

/** How long one command runs before another gets its turn. */
const SLICE_MS = 5;
/** Looking at the clock costs as much as a small step. */
const STEPS_PER_LOOK = 16;

/** The turns of one command. */
export interface Work {
  /** Whether it is time to pause. Throws MaxTimeMSExpired behind the command's deadline. */
  due(): boolean;
  /** Resolves when it is this command's turn again. */
  pause(): Promise<void>;
}

/**
 * Lets long commands take turns: each runs for a slice, then waits in one queue. Between two slices
 * the event loop serves connections, so that a short command waits for one slice, however many long
 * ones there are.
 */
export function createScheduler(now: () => number = () => performance.now()) {
  const waiting: (() => void)[] = [];
  let scheduled = false;
  const next = () => {
    waiting.shift()?.();
    if (waiting.length > 0) setImmediate(next);
    else scheduled = false;
  };
  return {
    /** `maxTimeMs`: 0 for no deadline. */
    work(maxTimeMs = 0): Work {
      const deadline = maxTimeMs === 0 ? Infinity : now() + maxTimeMs;
      let sliceEnd = now() + SLICE_MS;
      let steps = 0;
      const assertInTime = (time: number) => {
        if (time > deadline) throw new MongoError('MaxTimeMSExpired', 'operation exceeded time limit');
      };
      return {
        due() {
          steps += 1;
          if (steps % STEPS_PER_LOOK !== 0) return false;
          const time = now();
          assertInTime(time);
          return time > sliceEnd;
        },
        async pause() {
          await new Promise<void>((resolve) => {
            waiting.push(resolve);
            if (!scheduled) setImmediate(next);
            scheduled = true;
          });
          const time = now();
          assertInTime(time);
          sliceEnd = time + SLICE_MS;
        },
      };
    },
  };
}
export type Scheduler = ReturnType<typeof createScheduler>;
/** Runs to its end without a pause, e.g. inside a write transaction. */
export const UNINTERRUPTED: Work = { due: () => false, pause: () => Promise.resolve() };
