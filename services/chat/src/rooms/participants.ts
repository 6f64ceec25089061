import { AppError, notFound } from '@linsta/core';
import { LRUCache } from 'lru-cache';
import { trusted, Types } from 'mongoose';
import type { ChatModels, RoomDocument } from '../model';

const MAX_CACHED_ROOMS = 100_000;

/**
 * Why this user may not use the room with these participants, worded as the contract has it;
 * undefined: permitted.
 */
export function refusalOf(members: string[] | undefined, userId: string): AppError | undefined {
  if (members === undefined) return notFound('Chat room');
  return members.includes(userId) ? undefined : new AppError('NOT_A_PARTICIPANT', 'User not a participant');
}

/** The participants of each room. They never change, so a cached entry is never stale. */
export function createParticipants({ Rooms }: Pick<ChatModels, 'Rooms'>) {
  const cached = new LRUCache<string, string[]>({ max: MAX_CACHED_ROOMS });
  const remember = (room: Pick<RoomDocument, '_id' | 'participants'>): string[] => {
    const members = room.participants.map((id) => id.toHexString());
    cached.set(room._id.toHexString(), members);
    return members;
  };

  /** Participants by room id; rooms that do not exist are left out. */
  const of = async (roomIds: Iterable<string>): Promise<Map<string, string[]>> => {
    const found = new Map<string, string[]>();
    const missing: Types.ObjectId[] = [];
    for (const id of new Set(roomIds)) {
      const known = cached.get(id);
      if (known === undefined) missing.push(new Types.ObjectId(id));
      else found.set(id, known);
    }
    if (missing.length > 0) {
      const stored = await Rooms.find({ _id: trusted({ $in: missing }) }, { participants: 1 }).lean();
      for (const room of stored) found.set(room._id.toHexString(), remember(room));
    }
    return found;
  };

  return {
    of,
    remember,
    /** Returns the participants. Throws 404 or 403. */
    async assertParticipant(chatRoomId: string, userId: string): Promise<string[]> {
      const members = (await of([chatRoomId])).get(chatRoomId);
      const refusal = refusalOf(members, userId);
      if (refusal !== undefined) throw refusal;
      return members ?? [];
    },
  };
}
export type Participants = ReturnType<typeof createParticipants>;
