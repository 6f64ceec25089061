import { useSyncExternalStore, type ReactNode } from 'react';
import { ago, fullTime } from './time';

/** A person's name in its own direction, whatever stands around it. */
export const Name = ({ children }: { children: ReactNode }) => <bdi className="name">{children}</bdi>;

const TICK_MS = 30_000;
const listeners = new Set<() => void>();
let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;
const tick = () => {
  now = Date.now();
  for (const listener of listeners) listener();
};
const subscribe = (listener: () => void) => {
  listeners.add(listener);
  timer ??= setInterval(tick, TICK_MS);
  // A page in the background is throttled: it is right again as soon as it is seen.
  document.addEventListener('visibilitychange', tick);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
    document.removeEventListener('visibilitychange', tick);
  };
};
/** The time of now, which moves on while it is shown; in steps of half a minute. */
export const useNow = (): number => useSyncExternalStore(subscribe, () => now);

/** How long ago, in words that move on. */
export function TimeAgo({ iso }: { iso: string }) {
  useNow();
  return (
    <time dateTime={iso} title={fullTime(iso)} className="nowrap">
      {ago(iso)}
    </time>
  );
}
