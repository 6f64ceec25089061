import { createHash } from 'node:crypto';
import { Schema, trusted, type Connection } from 'mongoose';
import { duplicateKey } from '../errors';
import type { ParkedEvent, ParkingStore } from './bus';

interface ParkedDocument extends ParkedEvent {
  _id: string;
  /** When a person wanted it tried again; its consumer looks for these. */
  redriveAt?: Date;
}
const schema = new Schema<ParkedDocument>(
  {
    _id: { type: String, required: true },
    queue: { type: String, required: true },
    reason: { type: String, required: true },
    attempts: { type: Number, required: true },
    raw: { type: String, required: true },
    parkedAt: { type: Date, required: true },
    redriveAt: { type: Date },
  },
  { strict: 'throw', versionKey: false, collection: 'parked_events' },
);
schema.index({ queue: 1, parkedAt: 1 });
schema.index({ redriveAt: 1 }, { sparse: true });

const REDRIVE_BATCH = 100;

/** Names a parked event by what it is, so that the same one parked twice, e.g. around a crash, is one. */
export const parkedIdOf = (queue: string, raw: string | Buffer): string =>
  createHash('sha256').update(`${queue}\n`).update(raw).digest('hex').slice(0, 12);

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
        if (duplicateKey(error) === undefined) throw error; // two at once parked it
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
