import { useId, useState } from 'react';
import { Switch } from 'react-aria-components';
import { session, useSession } from '../session';
import { ErrorNote } from '../ui/states';
import { asLinstaError } from '../ui/use-load';

/** Switches one thing that other users see, for both sides. */
export function PrivacySwitch({ field, label, hint }: { field: 'readReceipts' | 'presence'; label: string; hint: string }) {
  const { user } = useSession();
  const hintId = useId();
  const [error, setError] = useState<Error>();
  const [busy, setBusy] = useState(false);
  const change = async (on: boolean) => {
    setBusy(true);
    setError(undefined);
    await session.updateProfile({ privacy: { [field]: on } }).catch((failure: unknown) => setError(asLinstaError(failure)));
    setBusy(false);
  };
  return (
    <>
      <Switch
        className="switch"
        isSelected={user?.privacy?.[field] ?? true}
        isDisabled={busy}
        onChange={(on) => void change(on)}
        aria-describedby={hintId}
      >
        <span className="track" /> {label}
      </Switch>
      <p className="soft small" id={hintId}>
        {hint}
      </p>
      {error !== undefined && <ErrorNote error={error} />}
    </>
  );
}
