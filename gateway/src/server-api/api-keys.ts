import { createHash, timingSafeEqual } from 'node:crypto';
import { AppError } from '@linsta/core';

export interface ApiKey {
  name: string;
  /** SHA-256 of the key. */
  hash: Buffer;
}

const hashOf = (key: string) => createHash('sha256').update(key).digest();

/** The name of the key in an Authorization header. Throws 401. Takes as long for any wrong key. */
export const createApiKeys =
  (keys: readonly ApiKey[]) =>
  (authorization: string | undefined): string => {
    if (authorization === undefined) throw new AppError('NO_TOKEN', 'No API key provided');
    const given = hashOf(/^Bearer (\S{1,1024})$/i.exec(authorization)?.[1] ?? '');
    const [found] = keys.filter(({ hash }) => timingSafeEqual(hash, given));
    if (found === undefined) throw new AppError('INVALID_API_KEY', 'The API key is not known');
    return found.name;
  };
