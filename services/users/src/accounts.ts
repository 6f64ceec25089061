import type { OwnUser, PersonRecord, PublicUser, Tokens } from '@linsta/contracts';
import { AppError, notFound } from '@linsta/core';
import { duplicateKey, pushToOutbox, type OutboxRelay } from '@linsta/mongo';
import { trusted, Types } from 'mongoose';
import { ATTEMPTS_WINDOW_SECONDS, fold, nameKeysOf, toOwnUser, toPersonRecord, toPublicUser, userChanged, type UsersModels } from './model';
import type { Passwords } from './passwords';
import type { Sessions } from './sessions';

const MAX_FAILURES = 10;

interface AccountsOptions {
  models: UsersModels;
  sessions: Sessions;
  passwords: Passwords;
  relay: OutboxRelay;
  now: () => Date;
}

export function createAccounts({ models: { Users, Attempts }, sessions, passwords, relay, now }: AccountsOptions) {
  const byId = async (userId: string) => {
    const user = await Users.findById(new Types.ObjectId(userId)).lean();
    if (user === null) throw notFound('User');
    return user;
  };

  const assertMayTry = async (email: string) => {
    const attempts = await Attempts.findById(email).lean();
    if (attempts === null || attempts.failures < MAX_FAILURES) return;
    const leftSeconds = ATTEMPTS_WINDOW_SECONDS - (now().getTime() - attempts.since.getTime()) / 1000;
    if (leftSeconds > 0)
      throw new AppError('TOO_MANY_ATTEMPTS', 'Too many failed sign-ins for this account; try again later', {
        retryAfterSeconds: Math.ceil(leftSeconds),
      });
    await Attempts.deleteOne({ _id: email });
  };
  const noteFailure = async (email: string) => {
    const update = () => Attempts.updateOne({ _id: email }, { $inc: { failures: 1 }, $setOnInsert: { since: now() } }, { upsert: true });
    await update().catch((error: unknown) => {
      if (duplicateKey(error) === undefined) throw error;
      return update();
    });
  };

  return {
    async register(input: { name: string; email: string; password: string }): Promise<Tokens> {
      const createdAt = now();
      const fields = { _id: new Types.ObjectId(), name: input.name, email: input.email, avatarUrl: null, version: 1, createdAt };
      const taken = () => new AppError('EMAIL_TAKEN', 'There is an account with this e-mail address already');
      if ((await Users.exists({ email: input.email })) !== null) throw taken(); // spares the hashing; the index decides
      try {
        const outbox = [userChanged(fields, createdAt)];
        await Users.create({
          ...fields,
          nameKeys: nameKeysOf(input.name),
          passwordHash: await passwords.hash(input.password),
          outbox,
          outboxAt: createdAt,
        });
        relay.offer({ _id: fields._id, outbox });
      } catch (error) {
        if (duplicateKey(error) !== undefined) throw taken();
        throw error;
      }
      return { ...(await sessions.open(fields._id.toString())), user: toOwnUser(fields) };
    },
    async login({ email, password }: { email: string; password: string }): Promise<Tokens> {
      await assertMayTry(email);
      const user = await Users.findOne({ email }).lean();
      if (!(await passwords.matches(user?.passwordHash, password)) || user === null) {
        await noteFailure(email);
        throw new AppError('BAD_CREDENTIALS', 'Wrong e-mail address or password');
      }
      await Attempts.deleteOne({ _id: email });
      return { ...(await sessions.open(user._id.toString())), user: toOwnUser(user) };
    },
    async refresh(refreshToken: string): Promise<Tokens> {
      const { userId, ...tokens } = await sessions.refresh(refreshToken);
      return { ...tokens, user: toOwnUser(await byId(userId)) };
    },
    me: async (userId: string): Promise<OwnUser> => toOwnUser(await byId(userId)),
    get: async (userId: string): Promise<PublicUser> => toPublicUser(await byId(userId)),
    async change(userId: string, patch: { name?: string | undefined; avatarUrl?: string | null | undefined }): Promise<OwnUser> {
      const _id = new Types.ObjectId(userId);
      for (;;) {
        const user = await byId(userId);
        const changed = {
          ...user,
          name: patch.name ?? user.name,
          avatarUrl: patch.avatarUrl === undefined ? user.avatarUrl : patch.avatarUrl,
          version: user.version + 1,
        };
        if (changed.name === user.name && changed.avatarUrl === user.avatarUrl) return toOwnUser(user);
        const event = userChanged(changed, now());
        const { name, avatarUrl, version } = changed;
        const written = await Users.updateOne(
          { _id, version: user.version },
          { $set: { name, nameKeys: nameKeysOf(name), avatarUrl, version }, ...pushToOutbox(event) },
        );
        if (written.modifiedCount === 0) continue; // changed from elsewhere meanwhile
        relay.offer({ _id, outbox: [event] });
        return toOwnUser(changed);
      }
    },
    /** By the beginning of the name or of any word of it. */
    async search(text: string, limit: number): Promise<PublicUser[]> {
      const key = fold(text);
      // Two different elements of the array could meet the two bounds; $elemMatch wants one that
      // meets both.
      const filter = { nameKeys: trusted({ $elemMatch: { $gte: key, $lt: `${key}\uffff` } }) };
      // Without a text, the newest: a walk along _id's index, never of the whole collection.
      const found = await (key === '' ? Users.find().sort({ _id: -1 }) : Users.find(filter)).limit(limit).lean();
      return found.map(toPublicUser);
    },
    async people(userIds: string[]): Promise<PersonRecord[]> {
      const found = await Users.find({ _id: trusted({ $in: userIds.map((id) => new Types.ObjectId(id)) }) }).lean();
      return found.map(toPersonRecord);
    },
  };
}
export type Accounts = ReturnType<typeof createAccounts>;
