import { Types, type AnyBulkWriteOperation } from 'mongoose';
import type { ChatModels, LastMessage, MessageDocument, RoomDocument } from './model';

const VERIFIED_MS = 20_000;
const MAX_VERIFIED = 50_000;

const toLastMessage = ({ seq, _id, senderId, text, createdAt }: MessageDocument): LastMessage => ({ seq, _id, senderId, text, createdAt });

/**
 * How far each room is. The messages' unique index is the authority; `lastSeq`, `lastMessage` and `updatedAt` of a room are a cache that is raised after
 * each insert. A crash between the two leaves the cache behind, so a read looks at the index again when it last did so more than 20 s ago, and repairs.
 */
export function createHeads({ Rooms, Messages }: ChatModels, now: () => number) {
  const verifiedAt = new Map<string, number>();

  const newest = (chatRoomId: Types.ObjectId) => Messages.findOne({ chatRoomId }).sort({ seq: -1 }).lean();

  const raiseOperation = (chatRoomId: Types.ObjectId, last: MessageDocument, reads: Map<string, number>): AnyBulkWriteOperation => ({
    updateOne: {
      filter: { _id: chatRoomId },
      update: {
        $max: {
          lastSeq: last.seq,
          lastMessage: toLastMessage(last),
          updatedAt: last.createdAt,
          ...Object.fromEntries([...reads].map(([userId, seq]) => [`reads.${userId}`, seq])),
        },
      },
    },
  });

  return {
    newest,
    /** The last `seq` of a room as the index has it, 0 while it is empty. */
    async lastSeq(chatRoomId: Types.ObjectId): Promise<number> {
      return (await Messages.findOne({ chatRoomId }, { seq: 1, _id: 0 }).sort({ seq: -1 }).lean())?.seq ?? 0;
    },
    /** One update per room, after these messages are stored; a sender has read what he sent. */
    async raise(stored: MessageDocument[]): Promise<void> {
      const rooms = new Map<string, { last: MessageDocument; reads: Map<string, number> }>();
      for (const message of stored) {
        const key = message.chatRoomId.toHexString();
        const room = rooms.get(key);
        if (room === undefined) rooms.set(key, { last: message, reads: new Map([[message.senderId.toHexString(), message.seq]]) });
        else {
          if (message.seq > room.last.seq) room.last = message;
          const sender = message.senderId.toHexString();
          room.reads.set(sender, Math.max(room.reads.get(sender) ?? 0, message.seq));
        }
      }
      if (rooms.size === 0) return;
      // The native collection: casting what we built ourselves would cost more than the write.
      await Rooms.collection.bulkWrite(
        [...rooms.values()].map(({ last, reads }) => raiseOperation(last.chatRoomId, last, reads)) as never,
        { ordered: false },
      );
    },
    /** Brings the cached fields of these rooms up to the index where they are behind, in the documents and in the database. */
    async verify<T extends Pick<RoomDocument, '_id' | 'lastSeq' | 'reads'> & Partial<Pick<RoomDocument, 'lastMessage' | 'updatedAt'>>>(
      rooms: T[],
    ): Promise<T[]> {
      const due = rooms.filter((room) => (verifiedAt.get(room._id.toHexString()) ?? 0) + VERIFIED_MS <= now());
      await Promise.all(
        due.map(async (room) => {
          const last = await newest(room._id);
          if (verifiedAt.size >= MAX_VERIFIED) verifiedAt.clear();
          verifiedAt.set(room._id.toHexString(), now());
          if (last === null || last.seq <= room.lastSeq) return;
          const sender = last.senderId.toHexString();
          await Rooms.collection.bulkWrite([raiseOperation(room._id, last, new Map([[sender, last.seq]]))] as never, { ordered: false });
          Object.assign(room, { lastSeq: last.seq, lastMessage: toLastMessage(last), updatedAt: last.createdAt });
          room.reads[sender] = Math.max(room.reads[sender] ?? 0, last.seq);
        }),
      );
      return rooms;
    },
  };
}
export type Heads = ReturnType<typeof createHeads>;
