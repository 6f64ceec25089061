import { randomBytes } from 'node:crypto';
import type { Session } from '@linsta/contracts';
import { AppError, notFound, unavailable } from '@linsta/core';
import { signUserToken } from '@linsta/http';
import { pushToOutbox, type OutboxRelay } from '@linsta/mongo';
import { trusted, Types } from 'mongoose';
import { chainOf, sessionEnded, toSession, type SessionDocument, type UsersModels } from '../model';
import { branch, hashOf, newToken, rotate, sidOf, standingOf } from './refresh-chain';

/** Concurrent refreshes of one session; each attempt fails only because another one succeeded. */
const MAX_ATTEMPTS = 100;
const MAX_SESSIONS_PER_USER = 100;
const MAX_DEVICE_LENGTH = 120;

export interface SessionTokens {
  token: string;
  refreshToken: string;
}

interface SessionsOptions {
  models: Pick<UsersModels, 'Sessions'>;
  relay: OutboxRelay;
  now: () => Date;
  jwtSecret: string;
  accessTokenSeconds: number;
  refreshTokenDays: number;
}

const deviceOf = (userAgent: string | undefined) => userAgent?.replace(/[^\x20-\x7e]/g, '').slice(0, MAX_DEVICE_LENGTH);

/**
 * Sessions and their refresh tokens. A refresh token is `<sid>.<secret>`; only its hash is stored.
 * A refresh replaces it. The replaced token is accepted until its successor was used, and for 60 s
 * after that: an answer that was lost can be requested again, and several tabs can refresh at once.
 * Its reuse after that means that it was stolen, and ends the session.
 */
export function createSessions({ models: { Sessions }, relay, now, jwtSecret, accessTokenSeconds, refreshTokenDays }: SessionsOptions) {
  const lifetimeMs = refreshTokenDays * 24 * 3600 * 1000;
  const open = () => ({ endedAt: trusted({ $exists: false }), expiresAt: trusted({ $gt: now() }) });
  const refused = () => new AppError('INVALID_REFRESH_TOKEN', 'This refresh token is no longer valid; sign in again');

  const issue = (session: Pick<SessionDocument, '_id' | 'userId'>, refreshToken: string) => {
    const userId = session.userId.toString();
    return { token: signUserToken(jwtSecret, { userId, sid: session._id }, accessTokenSeconds), refreshToken, userId };
  };

  /** Resolves when the end is published, or after a second. Repeating it changes nothing. */
  const end = async (sid: string, userId: Types.ObjectId): Promise<boolean> => {
    const endedAt = now();
    const event = sessionEnded(sid, userId, endedAt);
    const { modifiedCount } = await Sessions.updateOne(
      { _id: sid, userId, endedAt: trusted({ $exists: false }) },
      { $set: { endedAt }, ...pushToOutbox(event) },
    );
    if (modifiedCount === 0) return false;
    await relay.publishNow({ _id: sid, outbox: [event] });
    return true;
  };

  /** Ends the sessions of a user beyond the newest `kept`, but never `exceptSid`. */
  const endOlder = async (userId: Types.ObjectId, kept: number, exceptSid?: string): Promise<number> => {
    let ended = 0;
    for (;;) {
      const found = await Sessions.find(
        { userId, ...(exceptSid !== undefined && { _id: trusted({ $ne: exceptSid }) }), ...open() },
        { _id: 1 },
      )
        .sort({ rotatedAt: -1 })
        .skip(kept)
        .limit(MAX_SESSIONS_PER_USER)
        .lean();
      if (found.length === 0) return ended;
      const changed = await Promise.all(found.map(({ _id }) => end(_id, userId)));
      ended += changed.filter(Boolean).length;
    }
  };

  return {
    async open(userId: string, userAgent: string | undefined): Promise<SessionTokens> {
      const sid = randomBytes(12).toString('hex');
      const refreshToken = newToken(sid);
      const at = now();
      const device = deviceOf(userAgent);
      const owner = new Types.ObjectId(userId);
      await endOlder(owner, MAX_SESSIONS_PER_USER - 1);
      await Sessions.create({
        _id: sid,
        userId: owner,
        current: hashOf(refreshToken),
        previous: [],
        replaced: [],
        createdAt: at,
        lastUsedAt: at,
        rotatedAt: at,
        expiresAt: new Date(at.getTime() + lifetimeMs),
        ...(device !== undefined && { device }),
      });
      const { token } = issue({ _id: sid, userId: owner }, refreshToken);
      return { token, refreshToken };
    },
    /** Throws 401 for a token that is unknown, ended, expired or reused. */
    async refresh(refreshToken: string): Promise<SessionTokens & { userId: string }> {
      const sid = sidOf(refreshToken);
      for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
        const session = await Sessions.findOne({ _id: sid, ...open() }).lean();
        if (session === null) throw refused();
        const at = now();
        const chain = chainOf(session);
        const standing = standingOf(chain, sid, refreshToken, at);
        if (standing.kind === 'reused') await end(sid, session.userId);
        if (standing.kind === 'reused' || standing.kind === 'unknown') throw refused();
        if (standing.kind === 'replaced' && standing.newest !== undefined) {
          await Sessions.updateOne({ _id: sid }, { $max: { lastUsedAt: at } });
          return issue(session, standing.newest);
        }
        const rotated = standing.kind === 'current' ? rotate(chain, sid, refreshToken, at) : branch(chain, sid);
        const { modifiedCount } = await Sessions.updateOne(
          { _id: sid, current: session.current, endedAt: trusted({ $exists: false }) },
          {
            $set: {
              ...rotated.chain,
              previous: [],
              rotatedAt: at,
              lastUsedAt: at,
              expiresAt: new Date(at.getTime() + lifetimeMs),
            },
          },
        );
        if (modifiedCount === 1) return issue(session, rotated.next);
        // Another refresh of this session came first; its result is read.
      }
      throw unavailable('Too many refreshes of this session at once');
    },
    end: (sid: string, userId: string) => end(sid, new Types.ObjectId(userId)),
    /**
     * Ends the session of a refresh token, whether it is the current one or a replaced one. Others
     * change nothing.
     */
    async endByToken(refreshToken: string): Promise<void> {
      const sid = sidOf(refreshToken);
      const session = await Sessions.findById(sid).lean();
      if (session !== null && standingOf(chainOf(session), sid, refreshToken, now()).kind !== 'unknown') await end(sid, session.userId);
    },
    /** Ends all sessions of the user but this one. Returns their number. */
    endOthers: (userId: string, keptSid: string | undefined) => endOlder(new Types.ObjectId(userId), 0, keptSid),
    /** Ends a session of this user. Throws 404; one that has ended already is no error. */
    async endOwn(sid: string, userId: string): Promise<void> {
      const owner = new Types.ObjectId(userId);
      if ((await Sessions.exists({ _id: sid, userId: owner })) === null) throw notFound('Session');
      await end(sid, owner);
    },
    /** The open sessions of a user, last used first. */
    async list(userId: string, currentSid: string | undefined): Promise<Session[]> {
      const found = await Sessions.find({ userId: new Types.ObjectId(userId), ...open() })
        .sort({ rotatedAt: -1 })
        .limit(MAX_SESSIONS_PER_USER)
        .lean();
      return found.map((session) => toSession(session, currentSid));
    },
    /** Those of these sessions that are open. */
    async active(sids: string[]): Promise<string[]> {
      const found = await Sessions.find({ _id: trusted({ $in: sids }), ...open() }, { _id: 1 }).lean();
      return found.map(({ _id }) => _id);
    },
  };
}
export type Sessions = ReturnType<typeof createSessions>;
