import { AppError } from '@linsta/core';
import type { Identity, SessionCheck, VerifyToken } from '@linsta/http';

export type Authenticate = (token: unknown) => Promise<Identity>;

/** Verifies a token and its session. Refuses with the two sentences of the contract. */
export const createAuthenticate =
  ({ verifyToken, sessions }: { verifyToken: VerifyToken; sessions: SessionCheck }): Authenticate =>
  async (token) => {
    if (token === undefined || token === null || token === '') throw new AppError('NO_TOKEN', 'No authentication token provided');
    try {
      const identity = verifyToken(typeof token === 'string' && token.length <= 4096 ? token : '');
      await sessions.assertOpen(identity);
      return identity;
    } catch {
      throw new AppError('INVALID_TOKEN', 'Invalid token');
    }
  };
