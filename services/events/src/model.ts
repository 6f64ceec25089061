import type { Gathering, RsvpStatus } from '@linsta/contracts';
import type { PersonRecord } from '@linsta/contracts/internal';
import { collectionSchema, outboxFields, outboxIndex, type WithOutbox } from '@linsta/mongo';
import { Schema, type Connection, type Model, type Types } from 'mongoose';

export interface GatheringDocument {
  _id: Types.ObjectId;
  hostId: Types.ObjectId;
  title: string;
  startsAt: Date;
  location: string | null;
  description: string | null;
  createdAt: Date;
}
/** One per user and gathering. */
export interface RsvpDocument extends WithOutbox {
  _id: Types.ObjectId;
  gatheringId: Types.ObjectId;
  userId: Types.ObjectId;
  status: RsvpStatus;
  /** Counts the changes, so that each has its own event id. */
  version: number;
  changedAt: Date;
}

const gatheringSchema = collectionSchema<GatheringDocument>('gatherings', {
  hostId: { type: Schema.Types.ObjectId, required: true },
  title: { type: String, required: true },
  startsAt: { type: Date, required: true },
  location: { type: String, default: null },
  description: { type: String, default: null },
  createdAt: { type: Date, required: true },
});

const rsvpSchema = collectionSchema<RsvpDocument>('rsvps', {
  gatheringId: { type: Schema.Types.ObjectId, required: true },
  userId: { type: Schema.Types.ObjectId, required: true },
  status: { type: String, required: true },
  version: { type: Number, required: true },
  changedAt: { type: Date, required: true },
  ...outboxFields,
});
rsvpSchema.index({ gatheringId: 1, userId: 1 }, { unique: true, name: 'gathering_user' });
rsvpSchema.index({ gatheringId: 1, _id: -1 }, { name: 'gathering_newest' });
rsvpSchema.index({ gatheringId: 1, status: 1 }, { name: 'gathering_status' });
rsvpSchema.index(...outboxIndex);

export interface EventsModels {
  Gatherings: Model<GatheringDocument>;
  Rsvps: Model<RsvpDocument>;
}
export const createModels = (connection: Connection): EventsModels => ({
  Gatherings: connection.model<GatheringDocument>('Gathering', gatheringSchema),
  Rsvps: connection.model<RsvpDocument>('Rsvp', rsvpSchema),
});

export type Counts = Gathering['counts'];
type Names = (userId: string) => PersonRecord;
export const toPerson = (userId: string, names: Names) => ({ _id: userId, name: names(userId).name });

export function toGathering(doc: GatheringDocument, extra: { names: Names; counts: Counts; myRsvp: RsvpStatus | null }): Gathering {
  const hostId = doc.hostId.toString();
  return {
    _id: doc._id.toString(),
    hostId,
    host: toPerson(hostId, extra.names),
    title: doc.title,
    startsAt: doc.startsAt.toISOString(),
    location: doc.location,
    description: doc.description,
    counts: extra.counts,
    myRsvp: extra.myRsvp,
    createdAt: doc.createdAt.toISOString(),
  };
}
