import { duplicateKey } from '@linsta/mongo';
import { trusted, Types } from 'mongoose';
import type { Forwarding } from './forwarding';
import type { NotificationDocument, NotificationModels } from './model';

/**
 * Notifications that were withdrawn or replaced. Connected devices get `notification_removed`. For
 * the other devices the time of the last removal of a user is kept: a device that resumes from an
 * earlier point reads its list anew.
 */
export function createRemovals(options: { models: NotificationModels; forwarding: Forwarding; now: () => Date }) {
  const { Removals } = options.models;
  return {
    async add({ _id, userId }: Pick<NotificationDocument, '_id' | 'userId'>): Promise<void> {
      const note = () => Removals.updateOne({ _id: userId }, { $max: { at: options.now() } }, { upsert: true });
      await note().catch((error: unknown) => {
        if (duplicateKey(error) === undefined) throw error; // a parallel removal created it
        return note();
      });
      options.forwarding.offerRemoval({ _id, userId });
    },
    /** Whether a notification of this user was removed after this time. */
    since: async (userId: string, at: Date): Promise<boolean> =>
      (await Removals.exists({ _id: new Types.ObjectId(userId), at: trusted({ $gte: at }) })) !== null,
  };
}
export type Removals = ReturnType<typeof createRemovals>;
