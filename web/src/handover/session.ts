import { LinstaError, type Session, type SessionState } from '@linsta/client';
import { basePath } from '../settings';
import { createHandedToken } from './token';

type User = NonNullable<SessionState['user']>;
export type HandedSession = Pick<Session, 'get' | 'subscribe' | 'logout' | 'getToken' | 'updateProfile'>;

async function callMe(token: string, patch?: object): Promise<User> {
  const response = await fetch(`${basePath}/api/users/me`, {
    method: patch === undefined ? 'GET' : 'PATCH',
    headers: { authorization: `Bearer ${token}`, ...(patch !== undefined && { 'content-type': 'application/json' }) },
    ...(patch !== undefined && { body: JSON.stringify(patch) }),
  });
  const answer = (await response.json()) as User & { code?: string; detail?: string; errors?: { path: string; message: string }[] };
  if (response.ok) return answer;
  const details = { status: response.status, ...(answer.errors !== undefined && { errors: answer.errors }) };
  throw new LinstaError(answer.code ?? `HTTP_${response.status}`, answer.detail ?? 'The server refused the call', details);
}

const RETRY_MS = 3_000;
const signedOut = () => new LinstaError('SIGNED_OUT', 'There is no session', { status: 401 });

/** The session of a user whose token the host page hands over. */
export function createHandedSession(): HandedSession {
  const listeners = new Set<() => void>();
  const handed = createHandedToken((token) => void enter(token));
  let state: SessionState = { status: handed.current() === undefined ? 'signed-out' : 'restoring' };
  const setState = (next: SessionState) => {
    state = next;
    for (const listener of listeners) listener();
  };
  const leave = (ended: boolean) => {
    handed.forget();
    setState({ status: 'signed-out', ...(ended && { ended: true as const }) });
  };
  const enter = async (token: string): Promise<void> => {
    try {
      const user = await callMe(token);
      if (handed.current() === token) setState({ status: 'signed-in', user });
    } catch (error) {
      if (handed.current() !== token) return;
      if (error instanceof LinstaError && error.status === 401) return void refused();
      setTimeout(() => void enter(token), RETRY_MS);
    }
  };
  const refused = async () => {
    if ((await handed.renew()) === undefined) leave(true);
  };
  const current = handed.current();
  if (current !== undefined) void enter(current);

  return {
    get: () => state,
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    logout() {
      leave(false);
      return Promise.resolve();
    },
    async getToken({ force = false } = {}) {
      const token = force ? await handed.renew() : handed.current();
      if (token !== undefined) return token;
      // The former token may still be valid for a while: its refusal ends the session, not this.
      throw signedOut();
    },
    async updateProfile(patch) {
      const token = handed.current();
      if (token === undefined) throw signedOut();
      setState({ status: 'signed-in', user: await callMe(token, patch) });
    },
  };
}
