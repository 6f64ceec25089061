const lockManager = (): LockManager | undefined => {
  try {
    return (globalThis as { navigator?: { locks?: LockManager } }).navigator?.locks;
  } catch {
    return undefined;
  }
};

/**
 * Runs `work` while no other tab of this browser holds the lock `name`. After `waitMs` `work` runs
 * without the lock: a suspended tab keeps a lock without end. `work` must therefore be safe to run
 * in two tabs at once; the lock saves requests.
 */
export function withTabLock<T>(name: string, waitMs: number, work: () => Promise<T>): Promise<T> {
  const locks = lockManager();
  if (locks === undefined) return work();
  return new Promise<T>((resolve, reject) => {
    let started = false;
    const giveUp = typeof AbortController === 'undefined' ? undefined : new AbortController();
    const start = async () => {
      if (started) return;
      started = true;
      clearTimeout(timer);
      await Promise.resolve().then(work).then(resolve, reject);
    };
    const startWithoutLock = () => {
      void start();
      giveUp?.abort();
    };
    const timer = setTimeout(startWithoutLock, waitMs);
    try {
      locks.request(name, giveUp === undefined ? {} : { signal: giveUp.signal }, start).catch(startWithoutLock);
    } catch {
      startWithoutLock();
    }
  });
}
