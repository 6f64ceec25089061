import { createHash, createHmac, randomBytes } from 'node:crypto';

/** A refresh token that was replaced, by its hash. */
export interface ReplacedToken {
  hash: string;
  /**
   * With it and the token itself, the successor is derived again. Absent where that is not
   * possible.
   */
  seed?: string;
  /** When the successor was used for the first time; absent until then. */
  successorUsedAt?: Date;
}

/** The refresh tokens of one session. */
export interface RefreshChain {
  /** Hash of the newest token. */
  current: string;
  /** Oldest first; bounded. */
  replaced: ReplacedToken[];
}

/** A replaced token is accepted for this time after the first use of its successor. */
const GRACE_MS = 60_000;
const MAX_REPLACED = 50;

export const hashOf = (token: string): string => createHash('sha256').update(token).digest('base64url');
export const newSeed = (): string => randomBytes(32).toString('base64url');
export const newToken = (sid: string): string => `${sid}.${newSeed()}`;
export const sidOf = (token: string): string => token.slice(0, Math.max(0, token.indexOf('.')));

/**
 * The successor of a token: always the same one, so that concurrent and repeated refreshes with the
 * same token have the same result. It takes the token itself, which is not stored, and the seed,
 * which no client knows.
 */
const successorOf = (sid: string, token: string, seed: string): string =>
  `${sid}.${createHmac('sha256', seed).update(token).digest('base64url')}`;

export type Standing =
  | { kind: 'current' }
  /** `newest`: the current token of the session, where it can be derived from the given one. */
  | { kind: 'replaced'; newest: string | undefined }
  | { kind: 'reused' }
  | { kind: 'unknown' };

/** What a given refresh token is to this session. */
export function standingOf(chain: RefreshChain, sid: string, token: string, now: Date): Standing {
  const given = hashOf(token);
  if (given === chain.current) return { kind: 'current' };
  const position = chain.replaced.findLastIndex(({ hash }) => hash === given);
  const entry = chain.replaced[position];
  if (entry === undefined) return { kind: 'unknown' };
  if (entry.successorUsedAt !== undefined && now.getTime() - entry.successorUsedAt.getTime() >= GRACE_MS) return { kind: 'reused' };
  let newest: string | undefined = token;
  for (const { seed } of chain.replaced.slice(position))
    newest = newest === undefined || seed === undefined ? undefined : successorOf(sid, newest, seed);
  return { kind: 'replaced', newest: newest !== undefined && hashOf(newest) === chain.current ? newest : undefined };
}

/**
 * Replaces the current token, which is given, by its successor. It is the first use of the current
 * one.
 */
export function rotate(chain: RefreshChain, sid: string, token: string, now: Date): { chain: RefreshChain; next: string } {
  const seed = newSeed();
  const next = successorOf(sid, token, seed);
  const replaced = chain.replaced.map((entry) => ({ ...entry, successorUsedAt: entry.successorUsedAt ?? now }));
  return { chain: { current: hashOf(next), replaced: [...replaced, { hash: chain.current, seed }].slice(-MAX_REPLACED) }, next };
}

/**
 * Replaces the current token by an unrelated one: for a replaced token, still accepted, whose
 * successor cannot be derived. The current one counts as replaced and unused.
 */
export function branch(chain: RefreshChain, sid: string): { chain: RefreshChain; next: string } {
  const next = newToken(sid);
  return { chain: { current: hashOf(next), replaced: [...chain.replaced, { hash: chain.current }].slice(-MAX_REPLACED) }, next };
}
