import { isDeepStrictEqual } from 'node:util';
import type { OwnUser, Privacy, ProfilePatch, PublicUser, Tokens } from '@linsta/contracts';
import type { PersonRecord } from '@linsta/contracts/internal';
import { AppError, notFound } from '@linsta/core';
import type { ClientInfo } from '@linsta/http';
import { duplicateKey, pushToOutbox, type OutboxRelay } from '@linsta/mongo';
import { trusted, Types } from 'mongoose';
import { privacyOf, toOwnUser, toPersonRecord, toPublicUser, userChanged, type UserDocument, type UsersModels } from '../model';
import type { Sessions } from '../sessions/sessions';
import { isCommonPassword } from './common-passwords';
import { DEMO_ACCOUNTS, isDemoPassword } from './demo';
import type { LoginGuard } from './login-guard';
import { endOfPrefix, nameKeysOf, searchKeyOf } from './names';
import type { Passwords } from './passwords';

interface AccountsOptions {
  models: Pick<UsersModels, 'Users'>;
  sessions: Sessions;
  passwords: Passwords;
  guard: LoginGuard;
  relay: OutboxRelay;
  now: () => Date;
  /** Common passwords and the demo accounts are refused. */
  production: boolean;
  /** Whether users may have accounts here. */
  enabled: boolean;
}

const changedPrivacy = (before: Privacy, { readReceipts, presence }: NonNullable<ProfilePatch['privacy']>): Privacy => ({
  readReceipts: readReceipts ?? before.readReceipts,
  presence: presence ?? before.presence,
});

export function createAccounts({ models: { Users }, sessions, passwords, guard, relay, now, production, enabled }: AccountsOptions) {
  const byId = async (userId: string) => {
    const user = await Users.findById(new Types.ObjectId(userId)).lean();
    if (user === null) throw notFound('User');
    return user;
  };

  const assertEnabled = () => {
    if (!enabled) throw new AppError('LOCAL_ACCOUNTS_OFF', 'Sign in with your identity provider: there are no accounts here');
  };

  const assertUncommon = async (password: string, path: string) => {
    if (!production || !(await isCommonPassword(password))) return;
    const message = 'is one of the passwords that attackers try first; choose another';
    throw new AppError('BAD_REQUEST', `${path} ${message}`, { errors: [{ path, message }] });
  };

  /** Whether the password is right, under the limits of the guard. Throws 429. */
  const verify = async (email: string, password: string, user: UserDocument | null, client: ClientInfo): Promise<boolean> => {
    const attempt = await guard.begin(email, client.address, user?.knownNetworks);
    const matched = await passwords.matches(user?.passwordHash, password);
    if (!matched || user === null || (production && isDemoPassword(password))) return false;
    const knownNetworks = await attempt.succeeded();
    if (knownNetworks !== undefined) await Users.updateOne({ _id: user._id }, { $set: { knownNetworks } });
    return true;
  };

  return {
    async register(input: { name: string; email: string; password: string }, client: ClientInfo): Promise<Tokens> {
      assertEnabled();
      await assertUncommon(input.password, 'password');
      const createdAt = now();
      const fields = {
        _id: new Types.ObjectId(),
        name: input.name,
        email: input.email,
        avatarUrl: null,
        version: 1,
        createdAt,
        changedAt: createdAt,
      };
      const taken = () => new AppError('EMAIL_TAKEN', 'There is an account with this e-mail address already');
      // Spares the hashing; the unique index decides.
      if ((await Users.exists({ email: input.email })) !== null) throw taken();
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
      return { ...(await sessions.open(fields._id.toString(), client.userAgent)), user: toOwnUser(fields) };
    },
    async login({ email, password }: { email: string; password: string }, client: ClientInfo): Promise<Tokens> {
      assertEnabled();
      const user = await Users.findOne({ email }).lean();
      if (!(await verify(email, password, user, client)) || user === null)
        throw new AppError('BAD_CREDENTIALS', 'Wrong e-mail address or password');
      return { ...(await sessions.open(user._id.toString(), client.userAgent)), user: toOwnUser(user) };
    },
    async refresh(refreshToken: string): Promise<Tokens> {
      assertEnabled();
      const { userId, ...tokens } = await sessions.refresh(refreshToken);
      return { ...tokens, user: toOwnUser(await byId(userId)) };
    },
    /**
     * Changes the password and ends all sessions but `keptSid`. Throws 403 for a wrong current
     * password.
     */
    async changePassword(
      { userId, keptSid }: { userId: string; keptSid: string | undefined },
      { currentPassword, newPassword }: { currentPassword: string; newPassword: string },
      client: ClientInfo,
    ): Promise<void> {
      assertEnabled();
      await assertUncommon(newPassword, 'newPassword');
      const user = await byId(userId);
      const { passwordHash: replaced } = user;
      if (!(await verify(user.email, currentPassword, user, client)) || replaced === undefined)
        throw new AppError('WRONG_PASSWORD', 'The current password is wrong');
      const passwordHash = await passwords.hash(newPassword);
      const { modifiedCount } = await Users.updateOne({ _id: user._id, passwordHash: replaced }, { $set: { passwordHash } });
      if (modifiedCount === 0) throw new AppError('WRONG_PASSWORD', 'The password was changed at this moment');
      await sessions.endOthers(userId, keptSid);
    },
    me: async (userId: string): Promise<OwnUser> => toOwnUser(await byId(userId)),
    get: async (userId: string): Promise<PublicUser> => toPublicUser(await byId(userId)),
    async change(userId: string, patch: ProfilePatch): Promise<OwnUser> {
      const _id = new Types.ObjectId(userId);
      for (;;) {
        const user = await byId(userId);
        const changed = {
          ...user,
          name: patch.name ?? user.name,
          avatarUrl: patch.avatarUrl === undefined ? user.avatarUrl : patch.avatarUrl,
          ...(patch.privacy !== undefined && { privacy: changedPrivacy(privacyOf(user), patch.privacy) }),
          version: user.version + 1,
        };
        if (isDeepStrictEqual(toOwnUser(changed), toOwnUser(user))) return toOwnUser(user);
        const changedAt = now();
        const event = userChanged(changed, changedAt);
        const { name, avatarUrl, privacy, version } = changed;
        const written = await Users.updateOne(
          { _id, version: user.version },
          {
            $set: { name, nameKeys: nameKeysOf(name), avatarUrl, version, changedAt, ...(privacy !== undefined && { privacy }) },
            ...pushToOutbox(event),
          },
        );
        if (written.modifiedCount === 0) continue; // another device changed it meanwhile
        relay.offer({ _id, outbox: [event] });
        return toOwnUser(changed);
      }
    },
    /**
     * Users whose name, or a word of it, begins with this text. Throws 400 for a text that folds to
     * nothing.
     */
    async search(text: string, limit: number): Promise<PublicUser[]> {
      const key = searchKeyOf(text);
      if (key === '') throw new AppError('BAD_REQUEST', 'search must not be empty');
      const end = endOfPrefix(key);
      // Two different elements of the array could meet the two bounds; $elemMatch wants one that
      // meets both.
      const filter = { nameKeys: trusted({ $elemMatch: { $gte: key, ...(end !== undefined && { $lt: end }) } }) };
      return (await Users.find(filter).limit(limit).lean()).map(toPublicUser);
    },
    async people(userIds: string[]): Promise<PersonRecord[]> {
      const found = await Users.find({ _id: trusted({ $in: userIds.map((id) => new Types.ObjectId(id)) }) }).lean();
      return found.map(toPersonRecord);
    },
    /**
     * In production: ends the sessions of the demo accounts that still have their public password.
     */
    async closeDemoAccounts(): Promise<void> {
      if (!production) return;
      for (const { email, password } of DEMO_ACCOUNTS) {
        const user = await Users.findOne({ email }).lean();
        if (user !== null && (await passwords.matches(user.passwordHash, password)))
          await sessions.endOthers(user._id.toString(), undefined);
      }
    },
  };
}
export type Accounts = ReturnType<typeof createAccounts>;
