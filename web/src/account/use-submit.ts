import type { LinstaError } from '@linsta/client';
import { useState, type FormEvent } from 'react';
import { asLinstaError } from '../ui/use-load';

/** One attempt at a time, and what came of it. */
export function useSubmit(work: () => Promise<unknown>) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<LinstaError>();
  const run = async () => {
    if (busy) return;
    setBusy(true);
    setError(undefined);
    try {
      await work();
    } catch (failure) {
      setError(asLinstaError(failure));
    } finally {
      setBusy(false);
    }
  };
  return {
    busy,
    error,
    run: () => void run(),
    onSubmit: (event: FormEvent) => {
      event.preventDefault();
      void run();
    },
  };
}
