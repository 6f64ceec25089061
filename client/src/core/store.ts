/**
 * A value that changes. `get` answers the same object until the value changed, as React's
 * `useSyncExternalStore` requires.
 */
export interface Store<T> {
  get(): T;
  /** Calls `listener` after changes; answers a function that stops it. */
  subscribe(listener: () => void): () => void;
  /**
   * The value on a server and while a page is hydrated: the same on both sides, whatever this
   * browser keeps.
   */
  getServerSnapshot?(): T;
}

export interface WritableStore<T> extends Store<T> {
  getServerSnapshot(): T;
  set(next: T): void;
  watched(): boolean;
}

const pending = new Set<() => void>();
/** Listeners run once per turn of the event loop, however many changes it brought. */
function notifySoon(listeners: Set<() => void>): void {
  if (pending.size === 0) {
    queueMicrotask(() => {
      const due = [...pending];
      pending.clear();
      for (const notify of due) notify();
    });
  }
  for (const listener of listeners) pending.add(listener);
}

/**
 * `onWatched` runs when the first listener subscribes; the function that it answers, when the last
 * one has gone.
 */
export function createStore<T>(initial: T, onWatched?: () => (() => void) | void, serverSnapshot: T = initial): WritableStore<T> {
  let value = initial;
  let onUnwatched: (() => void) | void;
  const listeners = new Set<() => void>();
  return {
    get: () => value,
    getServerSnapshot: () => serverSnapshot,
    set(next) {
      if (Object.is(next, value)) return;
      value = next;
      notifySoon(listeners);
    },
    watched: () => listeners.size > 0,
    subscribe(listener) {
      // The same function subscribed twice counts twice.
      const own = () => listener();
      listeners.add(own);
      if (listeners.size === 1) onUnwatched = onWatched?.();
      return () => {
        if (!listeners.delete(own)) return;
        pending.delete(own);
        if (listeners.size === 0) onUnwatched?.();
      };
    },
  };
}

/** The half of a store that callers may use. */
export const readOnly = <T>({ get, subscribe, getServerSnapshot }: WritableStore<T>): Store<T> => ({
  get,
  subscribe,
  getServerSnapshot,
});

/** A part of a store's value: its listeners run only when that part changed by `isEqual`. */
export function select<T, U>(store: Store<T>, selector: (value: T) => U, isEqual: (a: U, b: U) => boolean = Object.is): Store<U> {
  /** Selects once per value, and keeps the object while the part is equal. */
  const createReader = (read: () => T) => {
    let last: { from: T; part: U } | undefined;
    return () => {
      const from = read();
      if (last !== undefined && Object.is(last.from, from)) return last.part;
      const part = selector(from);
      last = { from, part: last !== undefined && isEqual(last.part, part) ? last.part : part };
      return last.part;
    };
  };
  const get = createReader(store.get);
  return {
    get,
    getServerSnapshot: createReader(store.getServerSnapshot ?? store.get),
    subscribe(listener) {
      let before = get();
      return store.subscribe(() => {
        const now = get();
        if (Object.is(before, now)) return;
        before = now;
        listener();
      });
    },
  };
}
