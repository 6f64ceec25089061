/**
 * Calls `expire` for each item within a second after its time. One timer for all: a timer per
 * socket would cost more memory than the socket's state.
 */
export function createExpiry<T>(expire: (item: T) => void, now: () => Date) {
  const bySecond = new Map<number, Set<T>>();
  const dueOf = new Map<T, number>();
  const forget = (item: T) => {
    const due = dueOf.get(item);
    if (due === undefined) return;
    dueOf.delete(item);
    const bucket = bySecond.get(due);
    bucket?.delete(item);
    if (bucket?.size === 0) bySecond.delete(due);
  };
  const sweep = () => {
    const second = Math.floor(now().getTime() / 1000);
    for (const [due, items] of bySecond) {
      if (due > second) continue;
      for (const item of [...items]) {
        forget(item);
        expire(item);
      }
    }
  };
  const timer = setInterval(sweep, 1_000);
  timer.unref();
  return {
    /** `atSeconds` as in a token's `exp`; undefined: never. Replaces an earlier time. */
    set(item: T, atSeconds: number | undefined) {
      forget(item);
      if (atSeconds === undefined) return;
      const due = Math.ceil(atSeconds);
      dueOf.set(item, due);
      const bucket = bySecond.get(due);
      if (bucket === undefined) bySecond.set(due, new Set([item]));
      else bucket.add(item);
    },
    forget,
    stop: () => clearInterval(timer),
  };
}
export type Expiry<T> = ReturnType<typeof createExpiry<T>>;
