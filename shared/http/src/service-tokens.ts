import type { ServiceName } from '@linsta/contracts';
import { INTERNAL_CALLERS, type CallingService, type InternalCallers } from '@linsta/contracts/internal';
import { AppError } from '@linsta/core';
import jwt from 'jsonwebtoken';
import { z } from 'zod';
import { secretKey } from './identity/tokens';

const LIFETIME_SECONDS = 120;
/** Clocks of two machines may differ by this much before service tokens are refused. */
const CLOCK_TOLERANCE_SECONDS = 3_600;
const MAX_CACHED = 100;

const audienceOf = (service: CallingService) => `linsta-internal/${service}`;
const claims = z.object({ iss: z.string(), iat: z.number(), exp: z.number() });

/**
 * Tokens by which services of one installation identify each other: signed with SERVICE_SECRET,
 * valid for one called service, and accepted only by the endpoints that the calling service needs
 * (INTERNAL_CALLERS).
 */
export function createServiceTokens(serviceSecret: string, caller: CallingService, allowed: InternalCallers = INTERNAL_CALLERS) {
  const key = secretKey(serviceSecret);
  const minted = new Map<ServiceName, { token: string; renewAt: number }>();
  const verified = new Map<string, { iss: string; until: number }>();

  const verifyClaims = (token: string, audience: string) => {
    const { iss, iat, exp } = claims.parse(
      jwt.verify(token, key, { algorithms: ['HS256'], audience, clockTolerance: CLOCK_TOLERANCE_SECONDS }),
    );
    if (exp - iat > LIFETIME_SECONDS || iat > Date.now() / 1000 + CLOCK_TOLERANCE_SECONDS) throw new Error('not a short-lived token');
    return { iss, until: (exp + CLOCK_TOLERANCE_SECONDS) * 1000 };
  };

  return {
    /** A token for calls to this service; renewed at half of its life. */
    mint(service: ServiceName): string {
      const now = Date.now();
      const known = minted.get(service);
      if (known !== undefined && now < known.renewAt) return known.token;
      const token = jwt.sign({}, key, {
        algorithm: 'HS256',
        audience: audienceOf(service),
        issuer: caller,
        expiresIn: LIFETIME_SECONDS,
      });
      minted.set(service, { token, renewAt: now + (LIFETIME_SECONDS * 1000) / 2 });
      return token;
    },
    /**
     * Throws 401 unless the token is for `service` and its issuer may call `path`. A token that was
     * verified before is only checked for its end: busy links send the same one thousands of times.
     */
    verify(token: string, service: CallingService, path: string): void {
      const cacheKey = `${service} ${token}`;
      let entry = verified.get(cacheKey);
      if (entry === undefined || entry.until <= Date.now()) {
        verified.delete(cacheKey);
        try {
          entry = verifyClaims(token, audienceOf(service));
        } catch {
          throw new AppError('INVALID_SERVICE_TOKEN', 'Only services of this installation may call this');
        }
        const [oldest] = verified.size >= MAX_CACHED ? verified.keys() : [];
        if (oldest !== undefined) verified.delete(oldest);
        verified.set(cacheKey, entry);
      }
      const callers: readonly string[] = service === 'gateway' ? [] : (allowed[service][path] ?? []);
      if (!callers.includes(entry.iss)) throw new AppError('INVALID_SERVICE_TOKEN', 'This service may not call this');
    },
  };
}
export type ServiceTokens = ReturnType<typeof createServiceTokens>;
