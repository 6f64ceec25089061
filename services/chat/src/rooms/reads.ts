import type { ReadState } from '@linsta/contracts';
import { notFound } from '@linsta/core';
import { Types } from 'mongoose';
import type { Sequence } from '../messages/sequence';
import { unreadOf, type ChatModels } from '../model';
import type { Participants } from './participants';
import type { Audience } from './receipts';
import type { Summaries } from './summaries';

/** Read watermarks, and the numbers of unread messages that follow from them. */
export function createReads(options: {
  models: ChatModels;
  participants: Participants;
  sequence: Sequence;
  summaries: Summaries;
  audience: Audience;
}) {
  const { Rooms } = options.models;
  const { participants, sequence, summaries, audience } = options;

  return {
    /**
     * Moves the watermark of one participant: never back, never past the last message. `moved`: the
     * devices of these participants, who may know it, need the new value. Throws 404 or 403.
     */
    async mark(chatRoomId: string, userId: string, seq: number): Promise<ReadState & { moved: boolean; participants: string[] }> {
      const members = await participants.assertParticipant(chatRoomId, userId);
      const _id = new Types.ObjectId(chatRoomId);
      await summaries.flush();
      const wanted = Math.min(seq, await sequence.lastStored(_id));
      const before = await Rooms.findOneAndUpdate(
        { _id },
        { $max: { [`reads.${userId}`]: wanted } },
        { returnDocument: 'before', projection: { lastSeq: 1, reads: 1 } },
      ).lean();
      if (before === null) throw notFound('Chat room');
      const readBefore = before.reads[userId] ?? 0;
      const readSeq = Math.max(readBefore, wanted);
      const lastSeq = Math.max(before.lastSeq, await sequence.lastStored(_id));
      const moved = readSeq > readBefore;
      const told = moved ? await audience(members, userId) : [];
      return { chatRoomId, readSeq, unreadCount: lastSeq - readSeq, moved, participants: told };
    },
    /**
     * Unread messages over all rooms of this user: derived each time, so the number cannot drift.
     */
    async unread(userId: string): Promise<number> {
      await summaries.flush();
      const rooms = await Rooms.find({ participants: new Types.ObjectId(userId) }, { lastSeq: 1, reads: 1 }).lean();
      await summaries.verify(rooms);
      return rooms.reduce((sum, room) => sum + unreadOf(room, userId), 0);
    },
  };
}
export type Reads = ReturnType<typeof createReads>;
