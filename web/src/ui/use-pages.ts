import type { LinstaError } from '@linsta/client';
import { useCallback, useEffect, useRef, useState } from 'react';
import { asLinstaError } from './use-load';
import { useRefresh } from './use-refresh';

/** Pages of a list stay as long as the app, so that the way back leads to the same place. */
const KEPT_LISTS = 20;
const lists = new Map<string, { items: unknown[]; hasMore: boolean }>();
const keepList = (key: string, list: { items: unknown[]; hasMore: boolean }) => {
  lists.delete(key);
  lists.set(key, list);
  const [oldest] = lists.size > KEPT_LISTS ? lists.keys() : [];
  if (oldest !== undefined) lists.delete(oldest);
};
/** Another person signs in. */
export const forgetLists = (): void => lists.clear();

export interface Pages<T> {
  items: T[] | undefined;
  error: LinstaError | undefined;
  hasMore: boolean;
  busy: boolean;
  loadMore: () => void;
  reload: () => void;
  /** New items that a refresh found; they are shown by `showFresh`. */
  fresh: T[];
  showFresh: () => void;
  change: (change: (items: T[]) => T[]) => void;
}

/**
 * A list that is paged to its end and kept current. `fetchPage` must be stable; `hold`: new items
 * wait until they are requested.
 */
export function usePages<T>(options: {
  key: string;
  pageSize: number;
  fetchPage: (before: string | undefined) => Promise<T[]>;
  idOf: (item: T) => string;
  hold?: boolean;
}): Pages<T> {
  const { key, pageSize, fetchPage, idOf, hold = false } = options;
  const [state, setState] = useState<{ items: T[]; hasMore: boolean } | undefined>(
    () => lists.get(key) as { items: T[]; hasMore: boolean } | undefined,
  );
  const [error, setError] = useState<LinstaError>();
  const [busy, setBusy] = useState(false);
  const [fresh, setFresh] = useState<T[]>([]);
  const current = useRef(state);
  const put = useCallback(
    (next: { items: T[]; hasMore: boolean }) => {
      current.current = next;
      keepList(key, next);
      setState(next);
    },
    [key],
  );
  const refresh = useCallback(() => {
    fetchPage(undefined).then(
      (page) => {
        setError(undefined);
        const now = current.current;
        if (now === undefined) return put({ items: page, hasMore: page.length >= pageSize });
        const known = new Set(now.items.map(idOf));
        const updates = new Map(page.map((item) => [idOf(item), item]));
        const news = page.filter((item) => !known.has(idOf(item)));
        // Too much has happened to know what lies between: the list starts again.
        if (news.length >= pageSize && !hold) return put({ items: page, hasMore: true });
        const items = now.items.map((item) => updates.get(idOf(item)) ?? item);
        put({ ...now, items: hold ? items : [...news, ...items] });
        setFresh(hold ? news : []);
      },
      (failure: unknown) => current.current === undefined && setError(asLinstaError(failure)),
    );
  }, [fetchPage, pageSize, put]);
  useEffect(refresh, [refresh]);
  useRefresh(refresh);

  const loadMore = () => {
    const last = state?.items.at(-1);
    if (state === undefined || last === undefined || busy) return;
    setBusy(true);
    setError(undefined);
    fetchPage(idOf(last))
      .then((page) => {
        const now = current.current ?? state;
        const known = new Set(now.items.map(idOf));
        put({ items: [...now.items, ...page.filter((item) => !known.has(idOf(item)))], hasMore: page.length >= pageSize });
      })
      .catch((failure: unknown) => setError(asLinstaError(failure)))
      .finally(() => setBusy(false));
  };
  return {
    items: state?.items,
    hasMore: state?.hasMore ?? false,
    error,
    busy,
    loadMore,
    reload: refresh,
    fresh,
    showFresh: () => {
      const now = current.current;
      if (now === undefined) return;
      // More than a page is new: what lies between would be missing.
      put(fresh.length >= pageSize ? { items: fresh, hasMore: true } : { ...now, items: [...fresh, ...now.items] });
      setFresh([]);
    },
    change: (change) => {
      const now = current.current;
      if (now !== undefined) put({ ...now, items: change(now.items) });
    },
  };
}
