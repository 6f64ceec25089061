import { createSession, type Session, type SessionState } from '@linsta/client';
import { useStore } from '@linsta/client/react';
import { createHandedSession } from './handover/session';
import { basePath } from './settings';

const own = createSession({ url: basePath, ...(basePath !== '' && { name: basePath }) });
const handed = createHandedSession();

/** An account that is signed in here comes before a token of a host page. */
const isHanded = () => own.get().status !== 'signed-in' && handed.get().status !== 'signed-out';
const active = () => (isHanded() ? handed : own);

/** The user of this tab: signed in here, or by a token that the host page handed over. */
export const session: Session = {
  ...own,
  get() {
    const state = active().get();
    const ended = handed.get();
    return state.status === 'signed-out' && ended.status === 'signed-out' && ended.ended === true ? ended : state;
  },
  subscribe(listener) {
    const stops = [own.subscribe(listener), handed.subscribe(listener)];
    return () => stops.forEach((stop) => stop());
  },
  logout: () => active().logout(),
  getToken: (options) => active().getToken(options),
  updateProfile: (patch) => active().updateProfile(patch),
};
export const useSession = (): SessionState => useStore(session);
