import { Schema, type Connection } from 'mongoose';
import type { ParkedEvent, ParkingStore } from './bus';

const schema = new Schema<ParkedEvent>(
  {
    queue: { type: String, required: true },
    reason: { type: String, required: true },
    attempts: { type: Number, required: true },
    raw: { type: String, required: true },
    parkedAt: { type: Date, required: true },
  },
  { strict: 'throw', versionKey: false, collection: 'parked_events' },
);
schema.index({ queue: 1, parkedAt: 1 });

/** Parked events kept in the consumer's own database, for the bus that has no broker. */
export function createParkingStore(connection: Connection): ParkingStore {
  const ParkedEvents = connection.model('ParkedEvent', schema);
  return { park: async (entry) => void (await ParkedEvents.create(entry)) };
}
