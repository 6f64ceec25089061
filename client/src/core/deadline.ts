import { LinstaError } from '../errors.js';

/** A timer that does not keep a Node process alive. */
export function startTimer(work: () => void, ms: number): ReturnType<typeof setTimeout> {
  const timer = setTimeout(work, ms);
  (timer as { unref?: () => void }).unref?.();
  return timer;
}

/** The outcome of `work`, or `LinstaError` `TIMEOUT` after `ms`; `work` itself goes on. */
export function withDeadline<T>(work: Promise<T>, ms: number, message: string): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const deadline = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new LinstaError('TIMEOUT', message)), ms);
  });
  return Promise.race([work, deadline]).finally(() => clearTimeout(timer));
}
