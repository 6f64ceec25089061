import type { Store } from './types.js';

export interface WritableStore<T> extends Store<T> {
  set(next: T): void;
  watched(): boolean;
}

const waiting = new Set<() => void>();
/** Listeners are told once per turn, however much changed in it. */
function tellSoon(listeners: Set<() => void>): void {
  if (waiting.size === 0) {
    queueMicrotask(() => {
      const due = [...waiting];
      waiting.clear();
      for (const tell of due) tell();
    });
  }
  for (const listener of listeners) waiting.add(listener);
}

/** A value with listeners. `onWatched` runs when the first comes, and what it answers when the last has gone. */
export function createStore<T>(initial: T, onWatched?: () => (() => void) | void): WritableStore<T> {
  let value = initial;
  let onUnwatched: (() => void) | void;
  const listeners = new Set<() => void>();
  return {
    get: () => value,
    set(next) {
      if (Object.is(next, value)) return;
      value = next;
      tellSoon(listeners);
    },
    watched: () => listeners.size > 0,
    subscribe(listener) {
      // The same function twice is two watchers.
      const own = () => listener();
      listeners.add(own);
      if (listeners.size === 1) onUnwatched = onWatched?.();
      return () => {
        if (!listeners.delete(own)) return;
        waiting.delete(own);
        if (listeners.size === 0) onUnwatched?.();
      };
    },
  };
}

/** What the server parsed is read-only to callers: give them the two halves of a store that they may use. */
export const readOnly = <T>({ get, subscribe }: Store<T>): Store<T> => ({ get, subscribe });
