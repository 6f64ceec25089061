/**
 * Runs work of the same key one after another, work of different keys at once. `follows`: other
 * work of the key came directly before.
 */
export function createInOrder() {
  const last = new Map<string, Promise<unknown>>();
  return async <T>(key: string, work: (follows: boolean) => Promise<T>): Promise<T> => {
    const before = last.get(key);
    const result = before === undefined ? work(false) : before.then(() => work(true));
    const settled = result.catch(() => undefined);
    last.set(key, settled);
    try {
      return await result;
    } finally {
      if (last.get(key) === settled) last.delete(key);
    }
  };
}
