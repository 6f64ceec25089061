import { useState } from 'react';

type Theme = 'light' | 'dark';
const KEY = 'linsta.theme';

const stored = (): Theme | undefined => {
  const value = localStorage.getItem(KEY);
  return value === 'light' || value === 'dark' ? value : undefined;
};
const preferred = (): Theme => (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light');
const show = (theme: Theme) => document.documentElement.setAttribute('data-theme', theme);

/** The system's choice unless one was made here. */
export function applyTheme(): void {
  show(stored() ?? preferred());
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => stored() ?? show(preferred()));
}

export function useTheme(): [Theme, () => void] {
  const [theme, setTheme] = useState<Theme>(() => stored() ?? preferred());
  return [
    theme,
    () => {
      const next = theme === 'dark' ? 'light' : 'dark';
      localStorage.setItem(KEY, next);
      show(next);
      setTheme(next);
    },
  ];
}
