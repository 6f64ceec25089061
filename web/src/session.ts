import { createSession, type SessionState } from '@linsta/client';
import { useStore } from '@linsta/client/react';

/** The account that is signed in, in every tab of this browser. */
export const session = createSession();
export const useSession = (): SessionState => useStore(session);
