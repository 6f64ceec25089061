import { useEffect, useSyncExternalStore } from 'react';

const listeners = new Set<() => void>();
let title = '';
let unread = 0;

const apply = () => {
  const name = title === '' ? 'Linsta' : `${title} · Linsta`;
  document.title = unread > 0 ? `(${unread > 99 ? '99+' : unread}) ${name}` : name;
  for (const listener of listeners) listener();
};

/** Names the page in the browser's tab and to screen readers. */
export function usePageTitle(name: string): void {
  useEffect(() => {
    title = name;
    apply();
  }, [name]);
}
export function showUnread(count: number): void {
  unread = count;
  apply();
}
const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => void listeners.delete(listener);
};
/** The name of the page that is shown. */
export const useCurrentTitle = (): string => useSyncExternalStore(subscribe, () => title);
