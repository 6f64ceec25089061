import mongoose, { trusted } from 'mongoose';
import type { ParkedEvents } from '@linsta/bus';
import { parkedModel } from './parking';

const MAX_LISTED = 10_000;
const SELECTION_MS = 5_000;

/**
 * Parked events of the bus without a broker: in the databases of its consumers. Rejects when the
 * server cannot be reached.
 */
export async function openParkedInStore({ url, databases }: { url: string; databases: string[] }): Promise<ParkedEvents> {
  const connection = await mongoose.createConnection(url, { serverSelectionTimeoutMS: SELECTION_MS, autoCreate: false }).asPromise();
  const models = databases.map((name) => parkedModel(connection.useDb(name, { useCache: true })));
  return {
    async list() {
      const found = await Promise.all(models.map((model) => model.find({}).sort({ queue: 1, parkedAt: 1 }).limit(MAX_LISTED).lean()));
      return found
        .flat()
        .map(({ _id, redriveAt, ...entry }) => ({ ...entry, id: String(_id), copies: 1, redriving: redriveAt !== undefined }))
        .sort((a, b) => a.parkedAt.getTime() - b.parkedAt.getTime());
    },
    async redrive(ids) {
      const answers = await Promise.all(
        models.map((model) => model.updateMany({ _id: trusted({ $in: ids }) }, { $set: { redriveAt: new Date() } })),
      );
      return answers.reduce((sum, { matchedCount }) => sum + matchedCount, 0);
    },
    async discard(id) {
      const answers = await Promise.all(models.map((model) => model.deleteOne({ _id: id })));
      return answers.some(({ deletedCount }) => deletedCount > 0);
    },
    close: () => connection.close(),
  };
}
