import { AppError } from '@linsta/core';
import { MAX_TOKEN_LENGTH, type Authenticator, type Identity } from '@linsta/http';

export type Authenticate = (token: unknown) => Promise<Identity>;

/**
 * Verifies a token and its session. Refuses with the two sentences of the contract, or with 503
 * while the keys of its issuer cannot be known.
 */
export const createAuthenticate =
  ({ authenticate }: Pick<Authenticator, 'authenticate'>): Authenticate =>
  async (token) => {
    if (token === undefined || token === null || token === '') throw new AppError('NO_TOKEN', 'No authentication token provided');
    try {
      return await authenticate(typeof token === 'string' && token.length <= MAX_TOKEN_LENGTH ? token : '');
    } catch (error) {
      if (error instanceof AppError && error.status >= 500) throw error;
      throw new AppError('INVALID_TOKEN', 'Invalid token');
    }
  };
