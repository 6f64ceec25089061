/**
 * Runs at most `size` pieces of work at a time; further ones wait in order. When `maxWaiting` wait
 * already, `refuse` makes the error that the caller gets.
 */
export function createLimiter(size: number, bound?: { maxWaiting: number; refuse: () => Error }) {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async <T>(work: () => Promise<T>): Promise<T> => {
    if (running < size) running += 1;
    else if (bound !== undefined && waiting.length >= bound.maxWaiting) throw bound.refuse();
    // The work that ends hands its place over: `running` stays as it is.
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}
export type Limiter = ReturnType<typeof createLimiter>;
