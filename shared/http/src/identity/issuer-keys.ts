import { createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { AppError, ConfigError, messageOf, type Logger, type TokenIssuer } from '@linsta/core';
import type { CryptoKey, JWTVerifyGetKey, KeyObject } from 'jose';
import { z } from 'zod';

/** Published keys are fetched again after this time, while the known ones stay in use. */
const RELOAD_AFTER_MS = 600_000;
/** Least time between two requests for the keys of one issuer. */
const COOLDOWN_MS = 3_000;
const DEADLINE_MS = 4_000;
/** A token was issued by another clock, in whole seconds. */
const CLOCK_MARGIN_MS = 5_000;
const MAX_KEYS_BYTES = 1024 * 1024;

export type IssuerKey = JWTVerifyGetKey | KeyObject | CryptoKey | Uint8Array;

const notNow = (issuer: string) =>
  new AppError('UNAVAILABLE', `The keys of the issuer ${issuer} cannot be fetched just now`, {
    retryAfterSeconds: Math.ceil(COOLDOWN_MS / 1000),
  });

/** Reads a whole answer within the limit: a Response for the library. */
async function bounded(response: Response): Promise<Response> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const body: AsyncIterable<Uint8Array> | null = response.body;
  for await (const chunk of body ?? []) {
    size += chunk.length;
    if (size > MAX_KEYS_BYTES) throw new Error('the answer is too large');
    chunks.push(chunk);
  }
  return new Response(Buffer.concat(chunks), { status: response.status });
}

/**
 * The published keys of an issuer: fetched at the first token, again when a token names an unknown
 * key, and regularly. Keys that were fetched once stay in use while the issuer is away. Throws 503
 * where the key cannot be known now.
 */
async function createPublishedKeys(issuer: string, uri: string, logger: Logger): Promise<JWTVerifyGetKey> {
  const { createRemoteJWKSet, customFetch, errors } = await import('jose');
  let triedAt = -Infinity;
  /** By the clock of the system, to compare with a token's time of issue. */
  let loadedAt = 0;
  const isCooling = () => performance.now() - triedAt < COOLDOWN_MS;
  const published = createRemoteJWKSet(new URL(uri), {
    cacheMaxAge: Infinity,
    cooldownDuration: COOLDOWN_MS,
    timeoutDuration: DEADLINE_MS,
    [customFetch]: async (url: string, options: RequestInit) => {
      if (isCooling()) throw new Error('fetched a moment ago');
      triedAt = performance.now();
      const response = await bounded(await fetch(url, options));
      if (response.status === 200) loadedAt = Date.now();
      return response;
    },
  });
  const report = (error: unknown) => {
    if (!isCooling()) logger.warn({ issuer, err: messageOf(error) }, 'issuer keys not fetched');
  };
  const reloadBehind = () => {
    if (loadedAt > 0 && Date.now() - loadedAt > RELOAD_AFTER_MS && !isCooling()) published.reload().catch(report);
  };
  /** Whether the fault lies with the token, not with the fetching of keys. */
  const isTokenFault = (error: unknown) =>
    error instanceof errors.JOSEError &&
    error.code !== 'ERR_JOSE_GENERIC' &&
    !(error instanceof errors.JWKSTimeout || error instanceof errors.JWKSInvalid);
  return async (header, token) => {
    reloadBehind();
    try {
      return await published(header, token);
    } catch (error) {
      if (!isTokenFault(error)) {
        report(error);
        throw notNow(issuer);
      }
      // Its key may be newer than the keys that are known; a later try fetches them.
      if (error instanceof errors.JWKSNoMatchingKey && issuedAt(token.payload) >= loadedAt - CLOCK_MARGIN_MS) throw notNow(issuer);
      throw error;
    }
  };
}

/** The time of issue that a token claims, in ms; before every time where it claims none. */
function issuedAt(payload: string | Uint8Array): number {
  try {
    const text = Buffer.from(typeof payload === 'string' ? payload : Buffer.from(payload).toString(), 'base64url').toString();
    return z.object({ iat: z.number() }).parse(JSON.parse(text)).iat * 1000;
  } catch {
    return -Infinity;
  }
}

function readPublicKey(issuer: string, path: string): KeyObject {
  try {
    return createPublicKey(readFileSync(path));
  } catch (error) {
    throw new ConfigError([`JWT_ISSUERS: the publicKeyFile of ${issuer} is no public key in PEM: ${messageOf(error)}`]);
  }
}

/** The key, or the source of keys, of one issuer. Throws a ConfigError. */
export async function createIssuerKey({ issuer, jwksUri, publicKeyFile, secret }: TokenIssuer, logger: Logger): Promise<IssuerKey> {
  if (jwksUri !== undefined) return createPublishedKeys(issuer, jwksUri, logger);
  if (publicKeyFile !== undefined) return readPublicKey(issuer, publicKeyFile);
  return new TextEncoder().encode(secret);
}
