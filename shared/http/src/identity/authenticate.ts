import { identitiesAnswer, type ExternalProfile } from '@linsta/contracts/internal';
import { messageOf, type Logger, type TokenIssuer } from '@linsta/core';
import { LRUCache } from 'lru-cache';
import { createBatchQueue } from '../batch-queue';
import type { InternalClient } from '../internal-client';
import { createIssuers, type Issuers } from './issuers';
import { createSessionCheck, type SessionCheck } from './session-check';
import { createTokenVerifier, type Identity, type OwnTokens } from './tokens';

/** Users whose profile is known to exist. */
const MAX_INTRODUCED = 50_000;
const DEADLINE_MS = 2_000;

/** Opens the profile of a user of another issuer before the first call of that user goes on. */
function createIntroductions({ users, logger }: { users: InternalClient; logger: Logger }) {
  const introduced = new LRUCache<string, true>({ max: MAX_INTRODUCED });
  const queue = createBatchQueue<ExternalProfile, void>({
    maxBatch: 500,
    maxWaiting: 10_000,
    deadlineMs: DEADLINE_MS,
    send: async (profiles) => {
      await users.post('/identities', { profiles }, identitiesAnswer);
      return profiles.map(() => undefined);
    },
  });
  return async (profile: ExternalProfile): Promise<void> => {
    if (introduced.has(profile.userId)) return;
    try {
      await queue.push(profile);
      introduced.set(profile.userId, true);
    } catch (error) {
      // Chat goes on while the users service is away; the next call tries again.
      logger.warn({ err: messageOf(error) }, 'profile not opened');
    }
  };
}

export interface Authenticator {
  /** Throws 401 INVALID_TOKEN, TOKEN_EXPIRED or SESSION_ENDED; 503 while keys cannot be known. */
  authenticate(token: string): Promise<Identity>;
  readonly sessions: SessionCheck;
  readonly issuers: Issuers;
}

/** Verifies every kind of user token, for the places that tokens reach first. */
export async function createAuthenticator(options: {
  config: OwnTokens & { JWT_ISSUERS?: readonly TokenIssuer[] | undefined; NODE_ENV: string };
  users: InternalClient;
  logger: Logger;
}): Promise<Authenticator> {
  const { config, users, logger } = options;
  const verifyOwn = createTokenVerifier(config);
  const issuers = await createIssuers({ issuers: config.JWT_ISSUERS, production: config.NODE_ENV === 'production', logger });
  const sessions = createSessionCheck({ users, logger });
  const introduce = createIntroductions({ users, logger });
  return {
    sessions,
    issuers,
    async authenticate(token) {
      const identity = issuers.claims(token) ? await issuers.verify(token) : verifyOwn(token);
      await sessions.assertOpen(identity);
      if (identity.profile !== undefined) await introduce(identity.profile);
      return identity;
    },
  };
}
