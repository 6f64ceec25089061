const memory = new Map<string, string>();

/** `localStorage` where the browser allows it; else the values live as long as the page. */
export function readStored(key: string): string | undefined {
  try {
    return memory.get(key) ?? localStorage.getItem(key) ?? undefined;
  } catch {
    return undefined;
  }
}

export function store(key: string, value: string | undefined): void {
  try {
    if (value === undefined) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
    memory.delete(key);
  } catch {
    if (value === undefined) memory.delete(key);
    else memory.set(key, value);
  }
}
