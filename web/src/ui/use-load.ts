import { LinstaError } from '@linsta/client';
import { useCallback, useEffect, useState } from 'react';

interface Loaded<T> {
  data: T | undefined;
  error: LinstaError | undefined;
  reload: () => void;
  set: (change: (data: T) => T) => void;
}

export const asLinstaError = (error: unknown): LinstaError =>
  error instanceof LinstaError ? error : new LinstaError('UNEXPECTED', error instanceof Error ? error.message : 'Something went wrong');

/** What a page shows once it is there. `load` must be stable; what it answers after the page has gone is dropped. */
export function useLoad<T>(load: () => Promise<T>): Loaded<T> {
  const [state, setState] = useState<{ data?: T; error?: LinstaError }>({});
  const [round, setRound] = useState(0);
  useEffect(() => {
    let gone = false;
    load().then(
      (data) => !gone && setState({ data }),
      (error: unknown) => !gone && setState((before) => ({ ...before, error: asLinstaError(error) })),
    );
    return () => {
      gone = true;
    };
  }, [load, round]);
  const reload = useCallback(() => {
    setState({});
    setRound((before) => before + 1);
  }, []);
  const set = useCallback(
    (change: (data: T) => T) => setState((before) => (before.data === undefined ? before : { data: change(before.data) })),
    [],
  );
  return { data: state.data, error: state.error, reload, set };
}
