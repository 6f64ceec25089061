import type { ConnectionState } from '@linsta/client';
import { useConnection } from '@linsta/client/react';
import { useEffect, useState } from 'react';
import { session } from '../session';
import { Button } from '../ui/controls';
import { Icon } from '../ui/icons';

/** A reconnect that succeeds within this time is not shown. */
const PATIENCE_MS = 1_500;

export const describeConnection = ({ status, waiting }: ConnectionState): string | undefined => {
  const held = waiting === 0 ? '' : `, ${waiting} ${waiting === 1 ? 'message' : 'messages'} waiting`;
  if (status === 'offline') return `Offline${held}`;
  if (status === 'connecting') return `Connecting${held}`;
  return status === 'refused' ? 'Your session has ended' : undefined;
};

/** The state of the connection, once it lasts. */
export function ConnectionNote() {
  const state = useConnection();
  const text = describeConnection(state);
  const [late, setLate] = useState(false);
  const troubled = text !== undefined;
  useEffect(() => {
    setLate(false);
    if (!troubled) return;
    const timer = setTimeout(() => setLate(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [troubled]);
  return (
    <div role="status">
      {troubled && late && (
        <div className="connection">
          <Icon name="offline" size={18} />
          {text}
          {state.status === 'refused' && <Button onPress={() => void session.logout()}>Sign in again</Button>}
        </div>
      )}
    </div>
  );
}
