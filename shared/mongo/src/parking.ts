import { parkedIdOf, type ParkedEvent, type ParkingStore } from '@linsta/bus';
import { trusted, type Connection } from 'mongoose';
import { duplicateKey } from './duplicates';
import { collectionSchema } from './schema';

interface ParkedDocument extends ParkedEvent {
  _id: string;
  /** When an operator re-drove it; its consumer polls for these. */
  redriveAt?: Date;
}
const schema = collectionSchema<ParkedDocument>('parked_events', {
  _id: { type: String, required: true },
  queue: { type: String, required: true },
  reason: { type: String, required: true },
  attempts: { type: Number, required: true },
  raw: { type: String, required: true },
  parkedAt: { type: Date, required: true },
  redriveAt: { type: Date },
});
schema.index({ queue: 1, parkedAt: 1 });
schema.index({ redriveAt: 1 }, { sparse: true });

const REDRIVE_BATCH = 100;

export const parkedModel = (connection: Connection) => connection.model<ParkedDocument>('ParkedEvent', schema);

/** Parked events kept in the consumer's own database, for the bus that has no broker. */
export function createParkingStore(connection: Connection): Required<ParkingStore> {
  const ParkedEvents = parkedModel(connection);
  return {
    async park(entry) {
      try {
        const _id = parkedIdOf(entry.queue, entry.raw);
        await ParkedEvents.updateOne({ _id }, { $set: entry, $unset: { redriveAt: 1 } }, { upsert: true });
      } catch (error) {
        if (duplicateKey(error) === undefined) throw error; // another process parked the same event
      }
    },
    async redriven(queue) {
      const found = await ParkedEvents.find({ redriveAt: trusted({ $gt: new Date(0) }), queue })
        .sort({ redriveAt: 1 })
        .limit(REDRIVE_BATCH)
        .lean();
      return found.map(({ _id, raw }) => ({ id: _id, raw }));
    },
    forget: async (id) => void (await ParkedEvents.deleteOne({ _id: id, redriveAt: trusted({ $gt: new Date(0) }) })),
    count: (queue) => ParkedEvents.countDocuments({ queue }),
  };
}
