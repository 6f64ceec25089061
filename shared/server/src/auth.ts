import { createSecretKey, type KeyObject } from 'node:crypto';
import jwt from 'jsonwebtoken';
import { z } from 'zod';
import { unauthorized } from './errors';

/** Who a verified token speaks for. `sid` only in tokens of our own users service; `exp` in seconds, absent if it never expires. */
export interface Identity {
  userId: string;
  sid?: string;
  exp?: number;
}

const claims = z.object({
  userId: z
    .string()
    .regex(/^[0-9a-fA-F]{24}$/)
    .transform((id) => id.toLowerCase()),
  sid: z.string().max(64).optional(),
  exp: z.number().optional(),
});

// jsonwebtoken tries a string secret as a public key first: 294 µs a token against 5 µs with a KeyObject made once.
const keys = new Map<string, KeyObject>();
const keyOf = (secretText: string) => {
  let key = keys.get(secretText);
  if (key === undefined) keys.set(secretText, (key = createSecretKey(Buffer.from(secretText, 'utf8'))));
  return key;
};

export type VerifyToken = (token: string) => Identity;

/** Throws 401 INVALID_TOKEN or TOKEN_EXPIRED. HS256 only, whatever the token's header says. */
export function createTokenVerifier(jwtSecret: string): VerifyToken {
  const key = keyOf(jwtSecret);
  return (token) => {
    try {
      const { userId, sid, exp } = claims.parse(jwt.verify(token, key, { algorithms: ['HS256'] }));
      return { userId, ...(sid !== undefined && { sid }), ...(exp !== undefined && { exp }) };
    } catch (error) {
      throw error instanceof jwt.TokenExpiredError
        ? unauthorized('TOKEN_EXPIRED', 'Token expired')
        : unauthorized('INVALID_TOKEN', 'Invalid token');
    }
  };
}

export const signUserToken = (jwtSecret: string, identity: { userId: string; sid?: string }, expiresInSeconds: number) =>
  jwt.sign({ userId: identity.userId, ...(identity.sid !== undefined && { sid: identity.sid }) }, keyOf(jwtSecret), {
    algorithm: 'HS256',
    expiresIn: expiresInSeconds,
  });

/** `Bearer x` → x. Throws 401 NO_TOKEN. */
export function bearer(header: string | undefined): string {
  const [, token] = /^Bearer ([\w.~+/=-]{1,4096})$/i.exec(header ?? '') ?? [];
  if (token === undefined)
    throw unauthorized(
      header === undefined ? 'NO_TOKEN' : 'INVALID_TOKEN',
      header === undefined ? 'No authentication token provided' : 'Invalid token',
    );
  return token;
}

const AUDIENCE = 'linsta-internal';
const LIFETIME_SECONDS = 120;

/** Tokens by which services know each other: short-lived, signed with SERVICE_SECRET, minted again at half of their life. */
export function createServiceTokens(serviceSecret: string, issuer: string) {
  const key = keyOf(serviceSecret);
  let current = { token: '', mintAgainAt: 0 };
  const verified = new Map<string, number>();
  return {
    mint(): string {
      const now = Date.now();
      if (now >= current.mintAgainAt) {
        current = {
          token: jwt.sign({}, key, { algorithm: 'HS256', audience: AUDIENCE, issuer, expiresIn: LIFETIME_SECONDS }),
          mintAgainAt: now + (LIFETIME_SECONDS * 1000) / 2,
        };
      }
      return current.token;
    },
    /** Throws 401. A token seen before is only checked for its end: the hot links show the same one thousands of times. */
    verify(token: string): void {
      const knownUntil = verified.get(token);
      if (knownUntil !== undefined && knownUntil > Date.now()) return;
      verified.delete(token);
      try {
        const payload = jwt.verify(token, key, { algorithms: ['HS256'], audience: AUDIENCE });
        if (verified.size > 100) verified.clear();
        if (typeof payload === 'object' && payload.exp !== undefined) verified.set(token, payload.exp * 1000);
      } catch {
        throw unauthorized('INVALID_SERVICE_TOKEN', 'Only services of this installation may ask this');
      }
    },
  };
}
export type ServiceTokens = ReturnType<typeof createServiceTokens>;
