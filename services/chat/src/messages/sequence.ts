import { LRUCache } from 'lru-cache';
import { Types } from 'mongoose';
import type { ChatModels } from '../model';

const MAX_CACHED_ROOMS = 100_000;

/**
 * The last `seq` of each room. The unique index of the messages is the authority; a cached number
 * is a guess, which the next insert confirms or refuses.
 */
export function createSequence({ Messages }: Pick<ChatModels, 'Messages'>) {
  const cached = new LRUCache<string, number>({ max: MAX_CACHED_ROOMS });

  /** The last `seq` of a room as the index has it, 0 while the room is empty. */
  const lastStored = async (chatRoomId: Types.ObjectId): Promise<number> =>
    (await Messages.findOne({ chatRoomId }, { seq: 1, _id: 0 }).sort({ seq: -1 }).lean())?.seq ?? 0;

  const read = async (chatRoomId: string): Promise<number> => {
    const last = await lastStored(new Types.ObjectId(chatRoomId));
    cached.set(chatRoomId, last);
    return last;
  };

  return {
    lastStored,
    /** The cached number where there is one; otherwise it is read from the index. */
    last: async (chatRoomId: string): Promise<number> => cached.get(chatRoomId) ?? read(chatRoomId),
    set: (chatRoomId: string, last: number): void => void cached.set(chatRoomId, last),
    /** Another process took a number, or the outcome of an insert is unknown. */
    forget: (chatRoomId: string): void => void cached.delete(chatRoomId),
  };
}
export type Sequence = ReturnType<typeof createSequence>;
