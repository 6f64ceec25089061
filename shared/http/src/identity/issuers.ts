import { codePoints, httpUrl, isVisible } from '@linsta/contracts';
import type { ExternalProfile } from '@linsta/contracts/internal';
import { AppError, ConfigError, hasPlainKeyUri, isUserId, messageOf, userIdOfSubject, type Logger, type TokenIssuer } from '@linsta/core';
import type { JWTPayload } from 'jose';
import { z } from 'zod';
import { createIssuerKey, type IssuerKey } from './issuer-keys';
import type { Identity } from './tokens';

/** Clocks of an issuer and of this machine may differ by this much. */
const TOLERANCE_SECONDS = 60;
const MAX_NAME = 80;
/** Claims that name a person, in the order of preference, after the configured one. */
const OTHER_NAMES = ['preferred_username', 'nickname', 'given_name'];
const UNNAMED = 'User';

const textOf = (value: unknown): string | undefined => (typeof value === 'string' && isVisible(value) ? value : undefined);

/** One line of at most 80 characters. */
const toName = (text: string): string => {
  const line = text
    .toWellFormed()
    .replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .trim();
  return codePoints(line) <= MAX_NAME ? line : [...line].slice(0, MAX_NAME).join('').trim();
};

const subjectOf = (payload: JWTPayload, claim: string): string | undefined => {
  const value = payload[claim];
  const text = typeof value === 'number' ? String(value) : value;
  return typeof text === 'string' && text !== '' && text.length <= 500 ? text : undefined;
};

/** Throws 401 for a token that names no user. */
function toProfile({ issuer, claims }: TokenIssuer, payload: JWTPayload): ExternalProfile {
  const subject = subjectOf(payload, claims.userId ?? 'sub');
  if (subject === undefined) throw new AppError('INVALID_TOKEN', 'Invalid token');
  const email = z.email().max(254).safeParse(payload[claims.email]);
  const picture = httpUrl.safeParse(payload[claims.picture]);
  const names = [claims.name, ...OTHER_NAMES].map((claim) => textOf(payload[claim]));
  const name = names.find((found) => found !== undefined) ?? (email.success ? email.data.split('@')[0] : undefined);
  return {
    userId: claims.userId !== undefined && isUserId(subject) ? subject.toLowerCase() : userIdOfSubject(issuer, subject),
    issuer,
    name: (name !== undefined && toName(name)) || UNNAMED,
    email: email.success ? email.data.toLowerCase() : null,
    avatarUrl: picture.success ? picture.data : null,
  };
}

/** The `iss` that a token claims, not verified. */
function issuerOf(token: string): string | undefined {
  try {
    const { iss } = z.object({ iss: z.string() }).parse(JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()));
    return iss;
  } catch {
    return undefined;
  }
}

export interface Issuers {
  /** Whether a token claims to be of one of these issuers. */
  claims(token: string): boolean;
  /** Throws 401 INVALID_TOKEN or TOKEN_EXPIRED, or 503 while the issuer's keys cannot be known. */
  verify(token: string): Promise<Identity>;
}

/** Verifies tokens of other issuers: signature, `iss`, `aud`, `exp`. Throws a ConfigError. */
export async function createIssuers(options: {
  issuers: readonly TokenIssuer[] | undefined;
  production: boolean;
  logger: Logger;
}): Promise<Issuers> {
  const { issuers = [], production, logger } = options;
  if (issuers.length === 0) return { claims: () => false, verify: () => Promise.reject(new AppError('INVALID_TOKEN', 'Invalid token')) };
  const plain = issuers.find(hasPlainKeyUri);
  if (production && plain !== undefined) throw new ConfigError([`JWT_ISSUERS: the jwksUri of ${plain.issuer} must be https in production`]);
  const { jwtVerify, errors } = await import('jose');
  const known = new Map<string, { issuer: TokenIssuer; key: IssuerKey }>();
  for (const issuer of issuers) known.set(issuer.issuer, { issuer, key: await createIssuerKey(issuer, logger) });

  return {
    claims: (token) => known.has(issuerOf(token) ?? ''),
    async verify(token) {
      const entry = known.get(issuerOf(token) ?? '');
      if (entry === undefined) throw new AppError('INVALID_TOKEN', 'Invalid token');
      const { issuer, key } = entry;
      try {
        const rules = {
          issuer: issuer.issuer,
          audience: issuer.audience,
          algorithms: issuer.algorithms,
          requiredClaims: ['exp'],
          clockTolerance: TOLERANCE_SECONDS,
        };
        const { payload } = await (typeof key === 'function' ? jwtVerify(token, key, rules) : jwtVerify(token, key, rules));
        const profile = toProfile(issuer, payload);
        return {
          userId: profile.userId,
          profile,
          exp: (payload.exp ?? 0) + TOLERANCE_SECONDS,
          ...(payload.iat !== undefined && { iat: payload.iat }),
        };
      } catch (error) {
        if (error instanceof AppError && error.status >= 500) throw error;
        logger.info({ issuer: issuer.issuer, reason: messageOf(error) }, 'token refused');
        throw error instanceof errors.JWTExpired
          ? new AppError('TOKEN_EXPIRED', 'Token expired')
          : new AppError('INVALID_TOKEN', 'Invalid token');
      }
    },
  };
}
