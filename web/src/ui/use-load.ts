import { LinstaError } from '@linsta/client';
import { useCallback, useEffect, useState } from 'react';
import { useRefresh } from './use-refresh';

interface Loaded<T> {
  data: T | undefined;
  error: LinstaError | undefined;
  reload: () => void;
}

export const asLinstaError = (error: unknown): LinstaError =>
  error instanceof LinstaError ? error : new LinstaError('UNEXPECTED', error instanceof Error ? error.message : 'Something went wrong');

/**
 * One thing that a page shows, kept current. `load` must be stable; an answer after the page has
 * gone is dropped.
 */
export function useLoad<T>(load: () => Promise<T>): Loaded<T> {
  const [state, setState] = useState<{ data?: T; error?: LinstaError }>({});
  const [round, setRound] = useState(0);
  useEffect(() => {
    let gone = false;
    load().then(
      (data) => !gone && setState({ data }),
      (error: unknown) => !gone && setState((before) => (before.data === undefined ? { error: asLinstaError(error) } : before)),
    );
    return () => {
      gone = true;
    };
  }, [load, round]);
  const reload = useCallback(() => setRound((before) => before + 1), []);
  useRefresh(reload);
  return { data: state.data, error: state.error, reload };
}
