import type { Notification, NotificationType, RsvpStatus } from '@linsta/contracts';
import { collectionSchema, UNKNOWN_NAME, type UserDirectory } from '@linsta/mongo';
import { Schema, Types, type Connection, type Model } from 'mongoose';

/** What a notification is about: an id of Linsta, or the text of another service. */
export type Reference = Types.ObjectId | string;
export const toReference = (text: string): Reference => (/^[0-9a-f]{24}$/i.test(text) ? new Types.ObjectId(text) : text);

/** Fields that are optional for being absent in rows of version 0.2 say so with an asterisk. */
export interface NotificationDocument {
  _id: Types.ObjectId;
  userId: Types.ObjectId;
  /** The bus event that created it. */
  eventId: string;
  /** * The bus events that are applied, newest last; bounded. */
  eventIds?: string[];
  /** Time of the newest bus event. */
  eventTime: Date;
  type: NotificationType;
  message: string;
  actorName?: string;
  referenceTitle?: string;
  excerpt?: string;
  status?: RsvpStatus;
  /** Where a client goes from here. */
  link?: string;
  referenceId: Reference;
  actorId: Types.ObjectId;
  isRead: boolean;
  createdAt: Date;
  /** * Counts the changes of its content, from 1. */
  version?: number;
  /** * Comments that it stands for. */
  count?: number;
  /** Time of the last change after the creation. */
  updatedAt?: Date;
  /** Present until a subscribed socket got the current version. */
  waiting?: true;
  /**
   * Present until realtime has answered; the sweep after a crash or an outage finds the row by it.
   */
  forwardAt?: Date;
}
/** Likes of this actor for this reference up to `at` are withdrawn, in any order of the events. */
export interface WithdrawalDocument {
  userId: Types.ObjectId;
  actorId: Types.ObjectId;
  referenceId: Reference;
  at: Date;
}
/** When a notification of this user was removed last. */
export interface RemovalDocument {
  _id: Types.ObjectId;
  at: Date;
}

const notificationSchema = collectionSchema<NotificationDocument>('notifications', {
  userId: { type: Schema.Types.ObjectId, required: true },
  eventId: { type: String, required: true },
  eventIds: { type: [String], default: undefined },
  eventTime: { type: Date, required: true },
  type: { type: String, required: true },
  message: { type: String, required: true },
  actorName: { type: String },
  referenceTitle: { type: String },
  excerpt: { type: String },
  status: { type: String },
  link: { type: String },
  referenceId: { type: Schema.Types.Mixed, required: true },
  actorId: { type: Schema.Types.ObjectId, required: true },
  isRead: { type: Boolean, required: true },
  createdAt: { type: Date, required: true },
  version: { type: Number },
  count: { type: Number },
  updatedAt: { type: Date },
  waiting: { type: Boolean },
  forwardAt: { type: Date },
});
// A bulk insert reports a duplicate by the name of its index only, so inbox/inbox.ts depends on
// them.
export const EVENT_INDEX = 'recipient_event';
export const KEY_INDEX = 'recipient_type_actor_reference';
notificationSchema.index({ userId: 1, eventId: 1 }, { unique: true, name: EVENT_INDEX });
// Rows of version 0.2 have no `version`; several of them may share a key.
notificationSchema.index(
  { userId: 1, type: 1, actorId: 1, referenceId: 1 },
  { unique: true, name: KEY_INDEX, partialFilterExpression: { version: { $gte: 1 } } },
);
notificationSchema.index({ userId: 1, _id: -1 }, { name: 'recipient_newest' });
notificationSchema.index({ userId: 1, isRead: 1, _id: -1 }, { name: 'recipient_unread' });
notificationSchema.index(
  { userId: 1, updatedAt: -1 },
  { name: 'recipient_updated', partialFilterExpression: { updatedAt: { $exists: true } } },
);
notificationSchema.index({ userId: 1, waiting: 1, _id: 1 }, { name: 'recipient_waiting', partialFilterExpression: { waiting: true } });
notificationSchema.index({ forwardAt: 1 }, { sparse: true, name: 'to_forward' });

const KEEP_WITHDRAWALS_SECONDS = 30 * 24 * 3600;
const withdrawalSchema = collectionSchema<WithdrawalDocument>('withdrawals', {
  userId: { type: Schema.Types.ObjectId, required: true },
  actorId: { type: Schema.Types.ObjectId, required: true },
  referenceId: { type: Schema.Types.Mixed, required: true },
  at: { type: Date, required: true },
});
withdrawalSchema.index({ userId: 1, actorId: 1, referenceId: 1 }, { unique: true, name: 'recipient_actor_reference' });
withdrawalSchema.index({ at: 1 }, { expireAfterSeconds: KEEP_WITHDRAWALS_SECONDS, name: 'expiry' });

const removalSchema = collectionSchema<RemovalDocument>('removals', {
  _id: { type: Schema.Types.ObjectId, required: true },
  at: { type: Date, required: true },
});
removalSchema.index({ at: 1 }, { expireAfterSeconds: KEEP_WITHDRAWALS_SECONDS, name: 'expiry' });

export interface NotificationModels {
  Notifications: Model<NotificationDocument>;
  Withdrawals: Model<WithdrawalDocument>;
  Removals: Model<RemovalDocument>;
}
export const createModels = (connection: Connection): NotificationModels => ({
  Notifications: connection.model<NotificationDocument>('Notification', notificationSchema),
  Withdrawals: connection.model<WithdrawalDocument>('Withdrawal', withdrawalSchema),
  Removals: connection.model<RemovalDocument>('Removal', removalSchema),
});

type Names = Awaited<ReturnType<UserDirectory['names']>>;

function toNotification(doc: NotificationDocument, names: Names): Notification {
  const actorId = doc.actorId.toHexString();
  const referenceId = doc.referenceId.toString();
  const { name, avatarUrl } = names(actorId);
  return {
    _id: doc._id.toHexString(),
    userId: doc.userId.toHexString(),
    type: doc.type,
    message: doc.message,
    referenceId,
    actorId,
    isRead: doc.isRead,
    createdAt: doc.createdAt.toISOString(),
    version: doc.version ?? 1,
    actor: { _id: actorId, name: name === UNKNOWN_NAME ? (doc.actorName ?? name) : name, avatarUrl },
    reference: { id: referenceId, ...(doc.referenceTitle !== undefined && { title: doc.referenceTitle }) },
    ...(doc.link !== undefined && { link: doc.link }),
    ...(doc.excerpt !== undefined && { excerpt: doc.excerpt }),
    ...(doc.status !== undefined && { status: doc.status }),
    count: doc.count ?? 1,
  };
}

/** With the current names and pictures of the actors. */
export async function presentAll(rows: NotificationDocument[], directory: UserDirectory): Promise<Notification[]> {
  if (rows.length === 0) return [];
  const names = await directory.names(rows.map(({ actorId }) => actorId.toHexString()));
  return rows.map((row) => toNotification(row, names));
}
