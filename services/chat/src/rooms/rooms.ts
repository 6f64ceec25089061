import { createHash } from 'node:crypto';
import type { OpenedRoom, Room } from '@linsta/contracts';
import { AppError, notFound } from '@linsta/core';
import { duplicateKey, type UserDirectory } from '@linsta/mongo';
import { Types } from 'mongoose';
import { toRoom, type ChatModels, type RoomDocument } from '../model';
import type { Participants } from './participants';
import type { Summaries } from './summaries';

/**
 * The id of a pair's room: 96 bits of a hash of the sorted pair. The same pair always gets the same
 * room, without a second unique index.
 */
export function roomIdOf(userId: string, otherUserId: string): Types.ObjectId {
  const pair = [userId, otherUserId].sort().join(':');
  return new Types.ObjectId(createHash('sha256').update(`linsta room ${pair}`).digest().subarray(0, 12));
}

export function createRooms(options: {
  models: ChatModels;
  participants: Participants;
  summaries: Summaries;
  directory: UserDirectory;
  now: () => Date;
}) {
  const { Rooms } = options.models;
  const { participants, summaries, directory } = options;

  const toOpened = (room: RoomDocument): OpenedRoom => ({
    chatRoomId: room._id.toHexString(),
    participants: participants.remember(room),
    createdAt: room.createdAt.toISOString(),
  });

  return {
    /** The room of these two users, created at the first call. Throws 404 for an unknown user. */
    async open(userId: string, otherUserId: string): Promise<OpenedRoom> {
      if (userId === otherUserId) throw new AppError('OTHER_USER_IS_SELF', 'A chat room needs another user');
      const _id = roomIdOf(userId, otherUserId);
      const existing = await Rooms.findById(_id).lean();
      if (existing !== null) return toOpened(existing);
      if (!(await directory.get([otherUserId])).has(otherUserId)) throw notFound('User');
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
        if (duplicateKey(error) === undefined) throw error; // the other user opened it at this moment
      }
      const room = await Rooms.findById(_id).lean();
      if (room === null) throw notFound('Chat room');
      return toOpened(room);
    },
    /** A page of a user's rooms, latest activity first. */
    async list(userId: string, page: { limit: number; skip: number }): Promise<Room[]> {
      await summaries.flush();
      const rooms = await Rooms.find({ participants: new Types.ObjectId(userId) })
        .sort({ updatedAt: -1, _id: -1 })
        .skip(page.skip)
        .limit(page.limit)
        .lean();
      await summaries.verify(rooms);
      const names = await directory.names(rooms.flatMap((room) => participants.remember(room)));
      return rooms.map((room) => toRoom(room, userId, names));
    },
  };
}
export type Rooms = ReturnType<typeof createRooms>;
