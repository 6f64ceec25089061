import type { BusEvent, OwnUser, Privacy, PublicUser, Session } from '@linsta/contracts';
import type { PersonRecord } from '@linsta/contracts/internal';
import { toBusEvent } from '@linsta/bus';
import { collectionSchema, outboxFields, outboxIndex, type WithOutbox } from '@linsta/mongo';
import { Schema, type Connection, type Model, type Types } from 'mongoose';
import type { RefreshChain, ReplacedToken } from './sessions/refresh-chain';

export interface UserDocument extends WithOutbox {
  _id: Types.ObjectId;
  name: string;
  /** The folded name, and its rest from each further word on: the keys of the search by prefix. */
  nameKeys: string[];
  /** What an account signs in with. Users without an account here have their id in its place. */
  email: string;
  /** E-mail address of a user without an account here, null where it is not known. */
  contactEmail?: string | null;
  /** Absent without an account here. */
  passwordHash?: string;
  /** The issuer of the token that opened this profile. */
  issuer?: string;
  /** Marks of the networks of the last sign-ins; see accounts/login-guard.ts. */
  knownNetworks?: string[];
  avatarUrl: string | null;
  /** Absent: everything is shown. */
  privacy?: Privacy;
  /** Counts the changes, so that each has its own event id. */
  version: number;
  createdAt: Date;
  /** Time of the newest change, of this service or of a bus event. */
  changedAt?: Date;
}
/** The sessions of a user were ended: tokens without a session are refused if issued before. */
export interface EndingDocument extends WithOutbox {
  /** The user. */
  _id: Types.ObjectId;
  before: Date;
}
export interface SessionDocument extends WithOutbox {
  /** The token's `sid`. */
  _id: string;
  userId: Types.ObjectId;
  /** Hash of the newest refresh token. */
  current: string;
  /** Replaced tokens, oldest first. Absent in documents of version 0.2, which have `previous`. */
  replaced?: ReplacedToken[];
  /** Hashes of replaced tokens in documents of version 0.2; empty since. */
  previous: string[];
  rotatedAt: Date;
  createdAt?: Date;
  lastUsedAt?: Date;
  /** User agent at sign-in, shortened. */
  device?: string;
  expiresAt: Date;
  endedAt?: Date;
}

const privacySchema = new Schema<Privacy>({ readReceipts: Boolean, presence: Boolean }, { _id: false, strict: 'throw' });
const userSchema = collectionSchema<UserDocument>('users', {
  name: { type: String, required: true },
  nameKeys: { type: [String], required: true },
  email: { type: String, required: true },
  contactEmail: { type: String },
  passwordHash: { type: String },
  issuer: { type: String },
  knownNetworks: { type: [String], default: undefined },
  avatarUrl: { type: String, default: null },
  privacy: { type: privacySchema },
  version: { type: Number, required: true },
  createdAt: { type: Date, required: true },
  changedAt: { type: Date },
  ...outboxFields,
});
userSchema.index({ email: 1 }, { unique: true, name: 'email' });
userSchema.index({ nameKeys: 1, _id: 1 }, { name: 'name_prefix' });
userSchema.index(...outboxIndex);

const replacedToken = new Schema<ReplacedToken>(
  { hash: { type: String, required: true }, seed: { type: String }, successorUsedAt: { type: Date } },
  { _id: false, strict: 'throw' },
);
const sessionSchema = collectionSchema<SessionDocument>('sessions', {
  _id: { type: String, required: true },
  userId: { type: Schema.Types.ObjectId, required: true },
  current: { type: String, required: true },
  replaced: { type: [replacedToken], default: undefined },
  previous: { type: [String], default: [] },
  rotatedAt: { type: Date, required: true },
  createdAt: { type: Date },
  lastUsedAt: { type: Date },
  device: { type: String },
  expiresAt: { type: Date, required: true },
  endedAt: { type: Date },
  ...outboxFields,
});
sessionSchema.index({ userId: 1, rotatedAt: -1 }, { name: 'user_recent' });
sessionSchema.index({ expiresAt: 1 }, { expireAfterSeconds: 0, name: 'expiry' });
sessionSchema.index(...outboxIndex);

const endingSchema = collectionSchema<EndingDocument>('endings', { before: { type: Date, required: true }, ...outboxFields });
endingSchema.index(...outboxIndex);

export interface UsersModels {
  Users: Model<UserDocument>;
  Endings: Model<EndingDocument>;
  Sessions: Model<SessionDocument>;
}
export const createModels = (connection: Connection): UsersModels => ({
  Users: connection.model<UserDocument>('User', userSchema),
  Endings: connection.model<EndingDocument>('Ending', endingSchema),
  Sessions: connection.model<SessionDocument>('Session', sessionSchema),
});

type UserFields = Pick<UserDocument, '_id' | 'name' | 'email' | 'contactEmail' | 'avatarUrl' | 'createdAt' | 'privacy'>;
/** Null where it is not known. */
const emailOf = ({ email, contactEmail }: UserFields): string | null => (contactEmail === undefined ? email : contactEmail);
export const privacyOf = ({ privacy }: Pick<UserDocument, 'privacy'>): Privacy => privacy ?? { readReceipts: true, presence: true };
export const toPublicUser = ({ _id, name, avatarUrl }: UserFields): PublicUser => ({ _id: _id.toString(), name, avatarUrl });
export const toPersonRecord = (doc: UserFields): PersonRecord => ({
  ...toPublicUser(doc),
  email: emailOf(doc),
  ...(doc.privacy !== undefined && { privacy: doc.privacy }),
});
export const toOwnUser = (doc: UserFields): OwnUser => ({
  ...toPublicUser(doc),
  email: emailOf(doc) ?? '',
  privacy: privacyOf(doc),
  createdAt: doc.createdAt.toISOString(),
});

/**
 * The refresh tokens of a session; in a document of version 0.2 only the last replaced one may have
 * an unused successor.
 */
export const chainOf = ({ current, previous, replaced = [], rotatedAt }: SessionDocument): RefreshChain => ({
  current,
  replaced: [...previous.map((hash, at) => ({ hash, ...(at < previous.length - 1 && { successorUsedAt: rotatedAt }) })), ...replaced],
});
export const toSession = (doc: SessionDocument, currentSid: string | undefined): Session => ({
  _id: doc._id,
  device: doc.device ?? null,
  createdAt: (doc.createdAt ?? doc.rotatedAt).toISOString(),
  lastUsedAt: (doc.lastUsedAt ?? doc.rotatedAt).toISOString(),
  current: doc._id === currentSid,
});

export const userChanged = (doc: UserFields & { version: number }, time: Date): BusEvent<'USER_CHANGED'> =>
  toBusEvent(
    'users',
    'USER_CHANGED',
    `user:${doc._id.toString()}:${doc.version}`,
    {
      userId: doc._id.toString(),
      name: doc.name,
      email: emailOf(doc),
      avatarUrl: doc.avatarUrl,
      ...(doc.privacy !== undefined && { privacy: doc.privacy }),
    },
    time,
  );
/** Every session of a user ended. */
export const sessionsEnded = (userId: Types.ObjectId, time: Date): BusEvent<'SESSION_ENDED'> =>
  toBusEvent('users', 'SESSION_ENDED', `sessions:${userId.toString()}:${time.getTime()}`, { userId: userId.toString() }, time);
export const sessionEnded = (sid: string, userId: Types.ObjectId, time: Date): BusEvent<'SESSION_ENDED'> =>
  toBusEvent('users', 'SESSION_ENDED', `session:${sid}`, { userId: userId.toString(), sid }, time);
