import { collectionSchema } from '@linsta/mongo';
import type { Connection, Model } from 'mongoose';

/** One request to one endpoint. */
export interface DeliveryDocument {
  /** The fact and the endpoint, so that a repeated bus event adds nothing. */
  _id: string;
  url: string;
  /** Deliveries of one key go out one after another, by `order`. */
  key: string;
  order: number;
  body: string;
  state: 'waiting' | 'parked' | 'done';
  attempts: number;
  createdAt: Date;
  nextAt: Date;
  /** Why the last attempt failed. */
  reason?: string;
  /** After this time it is forgotten: set when it is done or parked. */
  forgetAt?: Date;
}

const schema = collectionSchema<DeliveryDocument>('webhook_deliveries', {
  _id: { type: String, required: true },
  url: { type: String, required: true },
  key: { type: String, required: true },
  order: { type: Number, required: true },
  body: { type: String, required: true },
  state: { type: String, required: true },
  attempts: { type: Number, required: true },
  createdAt: { type: Date, required: true },
  nextAt: { type: Date, required: true },
  reason: { type: String },
  forgetAt: { type: Date },
});
schema.index({ state: 1, nextAt: 1 }, { name: 'due' });
schema.index({ state: 1, url: 1, key: 1, order: 1 }, { name: 'in_order' });
schema.index({ forgetAt: 1 }, { name: 'expiry', expireAfterSeconds: 0 });

export type Deliveries = Model<DeliveryDocument>;
export const createDeliveries = (connection: Connection): Deliveries => connection.model<DeliveryDocument>('WebhookDelivery', schema);
