import { useSyncExternalStore } from 'react';
import { readStored, store } from './safe-storage';

export type Theme = 'light' | 'dark';
const KEY = 'linsta.theme';
const darkPreference = matchMedia('(prefers-color-scheme: dark)');
const listeners = new Set<() => void>();

const chosen = (): Theme | undefined => {
  const value = readStored(KEY);
  return value === 'light' || value === 'dark' ? value : undefined;
};
/** The choice made here, else the system's. */
const current = (): Theme => chosen() ?? (darkPreference.matches ? 'dark' : 'light');
const show = () => {
  const theme = current();
  document.documentElement.setAttribute('data-theme', theme);
  document.querySelector('meta[name="theme-color"]')?.setAttribute('content', theme === 'dark' ? '#12151b' : '#ffffff');
  for (const listener of listeners) listener();
};

/** Shows the theme and follows the system and the other tabs. */
export function applyTheme(): void {
  show();
  darkPreference.addEventListener('change', show);
  addEventListener('storage', ({ key }) => (key === KEY || key === null) && show());
}

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => void listeners.delete(listener);
};
/** The theme, the same for every switch on the page, and the function that changes it. */
export function useTheme(): [Theme, () => void] {
  const theme = useSyncExternalStore(subscribe, current);
  const toggle = () => {
    store(KEY, theme === 'dark' ? 'light' : 'dark');
    show();
  };
  return [theme, toggle];
}
