import type { BusEventData, PublicUser } from '@linsta/contracts';
import type { ExternalProfile } from '@linsta/contracts/internal';
import { duplicateKey, pushToOutbox, type OutboxRelay } from '@linsta/mongo';
import { Types } from 'mongoose';
import { nameKeysOf } from '../accounts/names';
import { toPublicUser, userChanged, type UserDocument, type UsersModels } from '../model';

type Change = BusEventData<'USER_CHANGED'>;

/** Profiles of users without an account here: of other issuers, and those that the bus reports. */
export function createProfiles(options: { models: Pick<UsersModels, 'Users'>; relay: OutboxRelay; now: () => Date }) {
  const { Users } = options.models;
  const { relay, now } = options;

  /** False where the user exists. */
  const create = async (document: Partial<UserDocument> & Pick<UserDocument, '_id' | 'name'>): Promise<boolean> => {
    try {
      await Users.create({ ...document, email: document._id.toString(), nameKeys: nameKeysOf(document.name) });
      return true;
    } catch (error) {
      if (duplicateKey(error) === undefined) throw error;
      return false;
    }
  };

  return {
    /** Opens the profile that the claims of a token describe; one that exists stays as it is. */
    async open({ userId, issuer, name, email, avatarUrl }: ExternalProfile): Promise<void> {
      const _id = new Types.ObjectId(userId);
      if ((await Users.exists({ _id })) !== null) return;
      const createdAt = now();
      const fields = { _id, name, email: userId, contactEmail: email, issuer, avatarUrl, version: 1, createdAt, changedAt: createdAt };
      const outbox = [userChanged(fields, createdAt)];
      if (await create({ ...fields, outbox, outboxAt: createdAt })) relay.offer({ _id, outbox });
    },
    /** Creates or changes a user on behalf of a server, and publishes the change. */
    async put(userId: string, { name, email, avatarUrl }: Omit<Change, 'userId'>): Promise<PublicUser> {
      const _id = new Types.ObjectId(userId);
      for (;;) {
        const user = await Users.findById(_id).lean();
        const changedAt = now();
        const fields = {
          _id,
          name,
          email: user?.email ?? userId,
          avatarUrl: avatarUrl === undefined ? (user?.avatarUrl ?? null) : avatarUrl,
          // An account keeps the address that it signs in with.
          ...((user === null || user.contactEmail !== undefined) && {
            contactEmail: email === undefined ? (user?.contactEmail ?? null) : email,
          }),
          version: (user?.version ?? 0) + 1,
          createdAt: user?.createdAt ?? changedAt,
          changedAt,
        };
        const event = userChanged(fields, changedAt);
        if (user === null) {
          if (!(await create({ ...fields, outbox: [event], outboxAt: changedAt }))) continue;
        } else {
          const { _id: _, createdAt: __, email: ___, ...changes } = fields;
          const update = { $set: { ...changes, nameKeys: nameKeysOf(name) }, ...pushToOutbox(event) };
          const { modifiedCount } = await Users.updateOne({ _id, version: user.version }, update);
          if (modifiedCount === 0) continue; // changed at this moment
        }
        relay.offer({ _id, outbox: [event] });
        return toPublicUser(fields);
      }
    },
    /**
     * Takes over a change that another service published: the newest one wins. An account keeps the
     * address that it signs in with.
     */
    async changed({ userId, name, email, avatarUrl }: Change, changedAt: Date): Promise<void> {
      const _id = new Types.ObjectId(userId);
      for (;;) {
        const user = await Users.findById(_id).lean();
        const contactEmail = email ?? null;
        const fields = { name, avatarUrl: avatarUrl ?? null, changedAt };
        if (user === null) {
          if (await create({ _id, ...fields, contactEmail, version: 1, createdAt: now() })) return;
          continue; // another process created it at this moment
        }
        if ((user.changedAt ?? user.createdAt) >= changedAt) return;
        const { modifiedCount } = await Users.updateOne(
          { _id, version: user.version },
          {
            $set: {
              ...fields,
              nameKeys: nameKeysOf(name),
              version: user.version + 1,
              ...(user.contactEmail !== undefined && { contactEmail }),
            },
          },
        );
        if (modifiedCount === 1) return;
      }
    },
  };
}
export type Profiles = ReturnType<typeof createProfiles>;
