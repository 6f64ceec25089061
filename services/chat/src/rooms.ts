import { createHash } from 'node:crypto';
import type { OpenedRoom, ReadState, Room } from '@linsta/contracts';
import { AppError, notFound } from '@linsta/core';
import { duplicateKey, type UserDirectory } from '@linsta/mongo';
import { trusted, Types } from 'mongoose';
import type { Heads } from './heads';
import { toRoom, type ChatModels, type RoomDocument } from './model';

const MAX_CACHED = 100_000;

/** The id of a pair's room: 96 bits of a hash of the sorted pair. The same pair always gets the same room, with no second unique index to keep. */
export function roomIdOf(userId: string, otherUserId: string): Types.ObjectId {
  const pair = [userId, otherUserId].sort().join(':');
  return new Types.ObjectId(createHash('sha256').update(`linsta room ${pair}`).digest().subarray(0, 12));
}

export function createRooms(options: { models: ChatModels; heads: Heads; directory: UserDirectory; now: () => Date }) {
  const { Rooms } = options.models;
  // Who is in a room never changes, so this cache cannot be stale.
  const participantsOf = new Map<string, string[]>();
  const remember = (room: Pick<RoomDocument, '_id' | 'participants'>) => {
    if (participantsOf.size >= MAX_CACHED) participantsOf.clear();
    const participants = room.participants.map((id) => id.toHexString());
    participantsOf.set(room._id.toHexString(), participants);
    return participants;
  };

  /** Participants by room id; rooms that do not exist are left out. */
  const participants = async (roomIds: Iterable<string>): Promise<Map<string, string[]>> => {
    const found = new Map<string, string[]>();
    const missing: Types.ObjectId[] = [];
    for (const id of new Set(roomIds)) {
      const known = participantsOf.get(id);
      if (known === undefined) missing.push(new Types.ObjectId(id));
      else found.set(id, known);
    }
    if (missing.length > 0) {
      const stored = await Rooms.find({ _id: trusted({ $in: missing }) }, { participants: 1 }).lean();
      for (const room of stored) found.set(room._id.toHexString(), remember(room));
    }
    return found;
  };

  /** Throws 404 or 403, worded as the contract has it. */
  const assertParticipant = async (chatRoomId: string, userId: string): Promise<string[]> => {
    const members = (await participants([chatRoomId])).get(chatRoomId);
    if (members === undefined) throw notFound('Chat room');
    if (!members.includes(userId)) throw new AppError('NOT_A_PARTICIPANT', 'User not a participant');
    return members;
  };

  const toOpened = (room: RoomDocument): OpenedRoom => ({
    chatRoomId: room._id.toHexString(),
    participants: remember(room),
    createdAt: room.createdAt.toISOString(),
  });

  return {
    participants,
    assertParticipant,
    async open(userId: string, otherUserId: string): Promise<OpenedRoom> {
      if (userId === otherUserId) throw new AppError('OTHER_USER_IS_SELF', 'A chat needs somebody else');
      const _id = roomIdOf(userId, otherUserId);
      const existing = await Rooms.findById(_id).lean();
      if (existing !== null) return toOpened(existing);
      if (!(await options.directory.get([otherUserId])).has(otherUserId)) throw notFound('User');
      const createdAt = options.now();
      try {
        await Rooms.collection.insertOne({
          _id,
          participants: [new Types.ObjectId(userId), new Types.ObjectId(otherUserId)],
          createdAt,
          updatedAt: createdAt,
          lastSeq: 0,
          reads: {},
        });
      } catch (error) {
        if (duplicateKey(error) === undefined) throw error; // somebody else opened it at this moment
      }
      const room = await Rooms.findById(_id).lean();
      if (room === null) throw notFound('Chat room');
      return toOpened(room);
    },
    async list(userId: string, page: { limit: number; skip: number }): Promise<Room[]> {
      await options.heads.settled();
      const rooms = await Rooms.find({ participants: new Types.ObjectId(userId) })
        .sort({ updatedAt: -1, _id: -1 })
        .skip(page.skip)
        .limit(page.limit)
        .lean();
      await options.heads.verify(rooms);
      const names = await options.directory.names(rooms.flatMap((room) => remember(room)));
      return rooms.map((room) => toRoom(room, userId, names));
    },
    /** Raises the watermark of one participant: never back, never past the last message. `moved`: others are to be told. */
    async markRead(chatRoomId: string, userId: string, seq: number): Promise<ReadState & { moved: boolean; participants: string[] }> {
      const members = await assertParticipant(chatRoomId, userId);
      const _id = new Types.ObjectId(chatRoomId);
      await options.heads.settled();
      const wanted = Math.min(seq, await options.heads.lastSeq(_id));
      const before = await Rooms.findOneAndUpdate(
        { _id },
        { $max: { [`reads.${userId}`]: wanted } },
        { returnDocument: 'before', projection: { lastSeq: 1, reads: 1 } },
      ).lean();
      if (before === null) throw notFound('Chat room');
      const readBefore = before.reads[userId] ?? 0;
      const readSeq = Math.max(readBefore, wanted);
      const lastSeq = Math.max(before.lastSeq, await options.heads.lastSeq(_id));
      return { chatRoomId, readSeq, unreadCount: lastSeq - readSeq, moved: readSeq > readBefore, participants: members };
    },
    /** Messages this user has not read, over all of his rooms: derived each time, never counted up and down. */
    async unread(userId: string): Promise<number> {
      await options.heads.settled();
      const rooms = await Rooms.find({ participants: new Types.ObjectId(userId) }, { lastSeq: 1, reads: 1 }).lean();
      await options.heads.verify(rooms);
      return rooms.reduce((sum, room) => sum + Math.max(0, room.lastSeq - (room.reads[userId] ?? 0)), 0);
    },
  };
}
export type Rooms = ReturnType<typeof createRooms>;
