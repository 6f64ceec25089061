import type { Notification, NotificationType } from '@linsta/contracts';
import { collectionSchema } from '@linsta/mongo';
import { Schema, type Connection, type Model, type Types } from 'mongoose';

export interface NotificationDocument {
  _id: Types.ObjectId;
  userId: Types.ObjectId;
  /** The bus event: one row per event and recipient, however often it is delivered. */
  eventId: string;
  eventTime: Date;
  type: NotificationType;
  message: string;
  referenceId: Types.ObjectId;
  actorId: Types.ObjectId;
  isRead: boolean;
  createdAt: Date;
  /** Present until a subscribed socket got it. */
  waiting?: true;
  /**
   * Present until realtime has answered; the sweep after a crash or an outage finds the row by it.
   */
  forwardAt?: Date;
}
/**
 * Likes of this actor for this reference up to `at` are withdrawn, in whatever order the events
 * arrive.
 */
export interface WithdrawalDocument {
  userId: Types.ObjectId;
  actorId: Types.ObjectId;
  referenceId: Types.ObjectId;
  at: Date;
}

const notificationSchema = collectionSchema<NotificationDocument>('notifications', {
  userId: { type: Schema.Types.ObjectId, required: true },
  eventId: { type: String, required: true },
  eventTime: { type: Date, required: true },
  type: { type: String, required: true },
  message: { type: String, required: true },
  referenceId: { type: Schema.Types.ObjectId, required: true },
  actorId: { type: Schema.Types.ObjectId, required: true },
  isRead: { type: Boolean, required: true },
  createdAt: { type: Date, required: true },
  waiting: { type: Boolean },
  forwardAt: { type: Date },
});
export const EVENT_INDEX = 'recipient_event';
notificationSchema.index({ userId: 1, eventId: 1 }, { unique: true, name: EVENT_INDEX });
notificationSchema.index({ userId: 1, _id: -1 }, { name: 'recipient_newest' });
notificationSchema.index({ userId: 1, isRead: 1, _id: -1 }, { name: 'recipient_unread' });
notificationSchema.index({ userId: 1, waiting: 1, _id: 1 }, { name: 'recipient_waiting', partialFilterExpression: { waiting: true } });
notificationSchema.index({ forwardAt: 1 }, { sparse: true, name: 'to_forward' });

const KEEP_WITHDRAWALS_SECONDS = 30 * 24 * 3600;
const withdrawalSchema = collectionSchema<WithdrawalDocument>('withdrawals', {
  userId: { type: Schema.Types.ObjectId, required: true },
  actorId: { type: Schema.Types.ObjectId, required: true },
  referenceId: { type: Schema.Types.ObjectId, required: true },
  at: { type: Date, required: true },
});
withdrawalSchema.index({ userId: 1, actorId: 1, referenceId: 1 }, { unique: true, name: 'recipient_actor_reference' });
withdrawalSchema.index({ at: 1 }, { expireAfterSeconds: KEEP_WITHDRAWALS_SECONDS, name: 'expiry' });

export interface NotificationModels {
  Notifications: Model<NotificationDocument>;
  Withdrawals: Model<WithdrawalDocument>;
}
export const createModels = (connection: Connection): NotificationModels => ({
  Notifications: connection.model<NotificationDocument>('Notification', notificationSchema),
  Withdrawals: connection.model<WithdrawalDocument>('Withdrawal', withdrawalSchema),
});

export const toNotification = (doc: NotificationDocument): Notification => ({
  _id: doc._id.toString(),
  userId: doc.userId.toString(),
  type: doc.type,
  message: doc.message,
  referenceId: doc.referenceId.toString(),
  actorId: doc.actorId.toString(),
  isRead: doc.isRead,
  createdAt: doc.createdAt.toISOString(),
});
