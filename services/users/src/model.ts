import type { BusEvent, OwnUser, PersonRecord, PublicUser } from '@linsta/contracts';
import { toBusEvent } from '@linsta/bus';
import { collectionSchema, outboxFields, outboxIndex, type WithOutbox } from '@linsta/mongo';
import { Schema, type Connection, type Model, type Types } from 'mongoose';

export interface UserDocument extends WithOutbox {
  _id: Types.ObjectId;
  name: string;
  /** The folded name, and its rest from each further word on: the keys of the search by prefix. */
  nameKeys: string[];
  email: string;
  passwordHash: string;
  avatarUrl: string | null;
  /** Counts the changes, so that each has its own event id. */
  version: number;
  createdAt: Date;
}
export interface SessionDocument extends WithOutbox {
  /** The token's `sid`. */
  _id: string;
  userId: Types.ObjectId;
  /** SHA-256 of the refresh token that is good now, and of those that were. */
  current: string;
  previous: string[];
  rotatedAt: Date;
  expiresAt: Date;
  endedAt?: Date;
}
export interface AttemptsDocument {
  /** The e-mail address tried. */
  _id: string;
  failures: number;
  since: Date;
}

const userSchema = collectionSchema<UserDocument>('users', {
  name: { type: String, required: true },
  nameKeys: { type: [String], required: true },
  email: { type: String, required: true },
  passwordHash: { type: String, required: true },
  avatarUrl: { type: String, default: null },
  version: { type: Number, required: true },
  createdAt: { type: Date, required: true },
  ...outboxFields,
});
userSchema.index({ email: 1 }, { unique: true, name: 'email' });
userSchema.index({ nameKeys: 1, _id: 1 }, { name: 'name_prefix' });
userSchema.index(...outboxIndex);

const sessionSchema = collectionSchema<SessionDocument>('sessions', {
  _id: { type: String, required: true },
  userId: { type: Schema.Types.ObjectId, required: true },
  current: { type: String, required: true },
  previous: { type: [String], default: [] },
  rotatedAt: { type: Date, required: true },
  expiresAt: { type: Date, required: true },
  endedAt: { type: Date },
  ...outboxFields,
});
sessionSchema.index({ expiresAt: 1 }, { expireAfterSeconds: 0, name: 'expiry' });
sessionSchema.index(...outboxIndex);

export const ATTEMPTS_WINDOW_SECONDS = 15 * 60;
const attemptsSchema = collectionSchema<AttemptsDocument>('attempts', {
  _id: { type: String, required: true },
  failures: { type: Number, required: true },
  since: { type: Date, required: true },
});
attemptsSchema.index({ since: 1 }, { expireAfterSeconds: ATTEMPTS_WINDOW_SECONDS, name: 'expiry' });

export interface UsersModels {
  Users: Model<UserDocument>;
  Sessions: Model<SessionDocument>;
  Attempts: Model<AttemptsDocument>;
}
export const createModels = (connection: Connection): UsersModels => ({
  Users: connection.model<UserDocument>('User', userSchema),
  Sessions: connection.model<SessionDocument>('Session', sessionSchema),
  Attempts: connection.model<AttemptsDocument>('Attempts', attemptsSchema),
});

/** Case and accents gone: "Émile" and "emile" are the same to a search. */
export const fold = (text: string) => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().trim();
export const nameKeysOf = (name: string): string[] => {
  const words = fold(name).split(/\s+/);
  return words.slice(0, 8).map((_, at) => words.slice(at).join(' '));
};

type UserFields = Pick<UserDocument, '_id' | 'name' | 'email' | 'avatarUrl' | 'createdAt'>;
export const toPublicUser = ({ _id, name, avatarUrl }: UserFields): PublicUser => ({ _id: _id.toString(), name, avatarUrl });
export const toPersonRecord = (doc: UserFields): PersonRecord => ({ ...toPublicUser(doc), email: doc.email });
export const toOwnUser = (doc: UserFields): OwnUser => ({
  ...toPersonRecord(doc),
  email: doc.email,
  createdAt: doc.createdAt.toISOString(),
});

export const userChanged = (doc: UserFields & { version: number }, time: Date): BusEvent<'USER_CHANGED'> =>
  toBusEvent(
    'users',
    'USER_CHANGED',
    `user:${doc._id.toString()}:${doc.version}`,
    { userId: doc._id.toString(), name: doc.name, email: doc.email, avatarUrl: doc.avatarUrl },
    time,
  );
export const sessionEnded = (sid: string, userId: Types.ObjectId, time: Date): BusEvent<'SESSION_ENDED'> =>
  toBusEvent('users', 'SESSION_ENDED', `session:${sid}`, { userId: userId.toString(), sid }, time);
