import { createHash, randomBytes } from 'node:crypto';
import { AppError } from '@linsta/core';
import { signUserToken } from '@linsta/http';
import { pushToOutbox, type OutboxRelay } from '@linsta/mongo';
import { trusted, Types } from 'mongoose';
import { sessionEnded, type SessionDocument, type UsersModels } from './model';

const GRACE_MS = 10_000;
const KEPT_PREVIOUS = 50;
const sha256 = (text: string) => createHash('sha256').update(text).digest('base64url');

export interface SessionTokens {
  token: string;
  refreshToken: string;
}

interface SessionsOptions {
  models: UsersModels;
  relay: OutboxRelay;
  now: () => Date;
  jwtSecret: string;
  accessTokenSeconds: number;
  refreshTokenDays: number;
}

/**
 * A refresh token is `<sid>.<random>`; only its hash is stored. Each use rotates it. A token that
 * was rotated away and comes back means that it was stolen, or its thief was first: the whole
 * session ends. Two tabs that refresh at the same moment are no theft: the token before the current
 * one is still taken for 10 s, and rotates again.
 */
export function createSessions({ models: { Sessions }, relay, now, jwtSecret, accessTokenSeconds, refreshTokenDays }: SessionsOptions) {
  const lifetimeMs = refreshTokenDays * 24 * 3600 * 1000;
  const issue = (sid: string, userId: string, refreshToken: string): SessionTokens => ({
    token: signUserToken(jwtSecret, { userId, sid }, accessTokenSeconds),
    refreshToken,
  });
  const newRefreshToken = (sid: string) => `${sid}.${randomBytes(32).toString('base64url')}`;

  const end = async (sid: string, userId: Types.ObjectId) => {
    const endedAt = now();
    const ended = await Sessions.findOneAndUpdate(
      { _id: sid, userId, endedAt: trusted({ $exists: false }) },
      { $set: { endedAt }, ...pushToOutbox(sessionEnded(sid, userId, endedAt)) },
      { returnDocument: 'after' },
    ).lean();
    if (ended !== null) relay.offer(ended as never);
  };
  const refused = () => new AppError('INVALID_REFRESH_TOKEN', 'This refresh token is not good any more; sign in again');

  return {
    end: (sid: string, userId: string) => end(sid, new Types.ObjectId(userId)),
    async open(userId: string): Promise<SessionTokens> {
      const sid = randomBytes(12).toString('hex');
      const refreshToken = newRefreshToken(sid);
      const at = now();
      await Sessions.create({
        _id: sid,
        userId: new Types.ObjectId(userId),
        current: sha256(refreshToken),
        previous: [],
        rotatedAt: at,
        expiresAt: new Date(at.getTime() + lifetimeMs),
      });
      return issue(sid, userId, refreshToken);
    },
    /** Throws 401 for a token that is unknown, ended, expired or used before. */
    async refresh(refreshToken: string): Promise<SessionTokens & { userId: string }> {
      const sid = refreshToken.split('.')[0] ?? '';
      const given = sha256(refreshToken);
      for (let attempt = 0; attempt < 5; attempt += 1) {
        const session: SessionDocument | null = await Sessions.findById(sid).lean();
        if (session === null || session.endedAt !== undefined || session.expiresAt <= now()) throw refused();
        const justRotated = session.previous.at(-1) === given && now().getTime() - session.rotatedAt.getTime() < GRACE_MS;
        if (session.current !== given && !justRotated) {
          if (session.previous.includes(given)) await end(sid, session.userId);
          throw refused();
        }
        const next = newRefreshToken(sid);
        const rotated = await Sessions.updateOne(
          { _id: sid, current: session.current, endedAt: trusted({ $exists: false }) },
          {
            $set: { current: sha256(next), rotatedAt: now(), expiresAt: new Date(now().getTime() + lifetimeMs) },
            $push: { previous: { $each: [session.current], $slice: -KEPT_PREVIOUS } },
          },
        );
        if (rotated.modifiedCount === 1) {
          const userId = session.userId.toString();
          return { ...issue(sid, userId, next), userId };
        }
        // Another refresh of this session came between; look again.
      }
      throw refused();
    },
    /** Of these, the sessions that are open. */
    async active(sids: string[]): Promise<string[]> {
      const found = await Sessions.find(
        { _id: trusted({ $in: sids }), endedAt: trusted({ $exists: false }), expiresAt: trusted({ $gt: now() }) },
        { _id: 1 },
      ).lean();
      return found.map(({ _id }) => _id);
    },
  };
}
export type Sessions = ReturnType<typeof createSessions>;
