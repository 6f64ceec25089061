import { sessionsAnswer } from '@linsta/contracts/internal';
import { AppError, messageOf, type Logger } from '@linsta/core';
import { LRUCache } from 'lru-cache';
import { createBatchQueue } from '../batch-queue';
import type { InternalClient } from '../internal-client';
import type { Identity } from './tokens';

/** Ended sessions that are refused without a call. Access tokens of older ones have expired. */
const MAX_ENDED = 100_000;
/** Leaves time for the call itself when the users service does not answer. */
const DEADLINE_MS = 2_000;

/** Of a token without a session, only its time of issue shows whether it has ended. */
export type CheckedIdentity = Pick<Identity, 'userId' | 'sid' | 'iat'>;

/**
 * Looks up at the users service whether a token's session is open, each time, in batches: an ended
 * session is refused from the moment that the answer to its end was sent. An ended session never
 * opens again, so that answer is kept. Tokens without a session are refused where they were issued
 * before the sessions of their user were ended. While the users service is away, a token that is
 * signed and not expired is accepted: chat goes on.
 */
export function createSessionCheck(options: { users: InternalClient; logger: Logger }) {
  const ended = new LRUCache<string, true>({ max: MAX_ENDED });
  /** User → tokens that were issued up to this time, in ms, have ended. */
  const endings = new LRUCache<string, number>({ max: MAX_ENDED });
  const markEnded = (sid: string) => void ended.set(sid, true);
  const markEndedUntil = (userId: string, before: number) => {
    if (before > (endings.get(userId) ?? 0)) endings.set(userId, before);
  };

  const queue = createBatchQueue<CheckedIdentity, void>({
    maxBatch: 500,
    maxWaiting: 10_000,
    deadlineMs: DEADLINE_MS,
    send: async (identities) => {
      const sids = new Set(identities.flatMap(({ sid }) => sid ?? []));
      const userIds = new Set(identities.flatMap(({ sid, userId }) => (sid === undefined ? userId : [])));
      const answer = await options.users.post('/sessions/check', { sids: [...sids], userIds: [...userIds] }, sessionsAnswer);
      for (const sid of answer.active) sids.delete(sid);
      for (const sid of sids) markEnded(sid);
      for (const { userId, before } of answer.endings) markEndedUntil(userId, before);
      return identities.map(() => undefined);
    },
  });
  const hasEnded = ({ userId, sid, iat }: CheckedIdentity): boolean =>
    sid === undefined ? (iat ?? 0) * 1000 <= (endings.get(userId) ?? -1) : ended.has(sid);
  const isOpen = async (identity: CheckedIdentity): Promise<boolean> => {
    if (hasEnded(identity)) return false;
    try {
      await queue.push(identity);
    } catch (error) {
      options.logger.warn({ err: messageOf(error) }, 'session check failed');
    }
    return !hasEnded(identity);
  };
  return {
    /** Throws 401 SESSION_ENDED. */
    async assertOpen(identity: CheckedIdentity): Promise<void> {
      if (!(await isOpen(identity))) throw new AppError('SESSION_ENDED', 'Session ended');
    },
    /** Notes an end that a bus event reported. */
    markEnded,
    /** Notes that tokens of this user which were issued up to this time, in ms, have ended. */
    markEndedUntil,
    hasEnded,
    /** Those of these that have ended, by a fresh look. */
    async endedOf<T extends CheckedIdentity>(identities: T[]): Promise<T[]> {
      const open = await Promise.all(identities.map(isOpen));
      return identities.filter((_, at) => open[at] !== true);
    },
  };
}
export type SessionCheck = ReturnType<typeof createSessionCheck>;
