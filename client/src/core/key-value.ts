export type KeyValueStorage = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

const browserStorage = (): KeyValueStorage | undefined => {
  try {
    return (globalThis as { localStorage?: Storage | null }).localStorage ?? undefined;
  } catch {
    return undefined; // the browser forbids it
  }
};

export interface SafeStorage {
  get(key: string): string | undefined;
  /** `undefined` removes the value. */
  set(key: string, value: string | undefined): void;
  /** Another tab wrote the value: what this tab could not write is older. */
  forgetUnwritten(key: string): void;
  /** Whether other tabs read and write the same values. */
  readonly shared: boolean;
}

/**
 * Never throws. A value that `storage` refuses (full, forbidden) is kept in memory until a write
 * succeeds.
 */
export function createSafeStorage(storage: KeyValueStorage | 'memory' | undefined): SafeStorage {
  const backing = storage === 'memory' ? undefined : (storage ?? browserStorage());
  /** Values that `backing` does not hold; undefined is a removal that it refused. */
  const unwritten = new Map<string, string | undefined>();
  return {
    shared: storage === undefined && backing !== undefined,
    get(key) {
      if (unwritten.has(key)) return unwritten.get(key);
      try {
        return backing?.getItem(key) ?? undefined;
      } catch {
        return undefined;
      }
    },
    set(key, value) {
      unwritten.set(key, value);
      if (backing === undefined) return;
      try {
        if (value === undefined) backing.removeItem(key);
        else backing.setItem(key, value);
        unwritten.delete(key);
      } catch {
        // The value stays in memory.
      }
    },
    forgetUnwritten: (key) => void (backing !== undefined && unwritten.delete(key)),
  };
}
