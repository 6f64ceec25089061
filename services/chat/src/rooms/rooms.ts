import type { OpenedRoom, Room } from '@linsta/contracts';
import { AppError, notFound } from '@linsta/core';
import { duplicateKey, type UserDirectory, type WindowCounter } from '@linsta/mongo';
import { trusted, Types } from 'mongoose';
import { toRoom, type ChatModels, type PresentPerson, type RoomDocument } from '../model';
import type { Participants } from './participants';
import { hidesReceipts } from './receipts';
import { unkeyedRoomId, type RoomIdOf } from './room-ids';
import type { Summaries } from './summaries';

export function createRooms(options: {
  models: ChatModels;
  participants: Participants;
  summaries: Summaries;
  directory: UserDirectory;
  roomIdOf: RoomIdOf;
  /** New rooms per user and hour. */
  openings: WindowCounter;
  maxNewPerHour: number;
  present: PresentPerson;
  now: () => Date;
}) {
  const { Rooms } = options.models;
  const { participants, summaries, directory } = options;

  /**
   * The room of a pair under its id, under the id of version 0.2, or under an id of an earlier key.
   */
  const find = async (_id: Types.ObjectId, userId: string, otherUserId: string): Promise<RoomDocument | null> => {
    const unkeyed = unkeyedRoomId(userId, otherUserId);
    const found = await Rooms.find({ _id: trusted({ $in: [unkeyed, _id] }) }).lean();
    const older = found.find((room) => room._id.equals(unkeyed));
    return (
      older ??
      found[0] ??
      // Not $all: the embedded store answers that by reading the whole collection.
      (await Rooms.findOne({
        $and: [{ participants: new Types.ObjectId(userId) }, { participants: new Types.ObjectId(otherUserId) }],
      }).lean())
    );
  };
  /** Throws 429. */
  const assertMayOpen = async (userId: string) => {
    const { count, endsInSeconds } = await options.openings.add(userId);
    if (count > options.maxNewPerHour)
      throw new AppError('RATE_LIMITED', 'Too many new chat rooms; try again later', { retryAfterSeconds: endsInSeconds });
  };

  const toOpened = (room: RoomDocument): OpenedRoom => ({
    chatRoomId: room._id.toHexString(),
    participants: participants.remember(room),
    createdAt: room.createdAt.toISOString(),
  });

  const openRoom = async (userId: string, otherUserId: string, permit: () => Promise<void>): Promise<OpenedRoom> => {
    if (userId === otherUserId) throw new AppError('OTHER_USER_IS_SELF', 'A chat room needs another user');
    const _id = options.roomIdOf(userId, otherUserId);
    const existing = await find(_id, userId, otherUserId);
    if (existing !== null) return toOpened(existing);
    await permit();
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
  };
  /** Throws 404. */
  const assertKnown = async (...userIds: string[]) => {
    if ((await directory.get(userIds)).size < userIds.length) throw notFound('User');
  };

  return {
    /**
     * The room of these two users, created at the first call. Throws 404 for an unknown user, 429
     * for too many new rooms.
     */
    open: (userId: string, otherUserId: string): Promise<OpenedRoom> =>
      openRoom(userId, otherUserId, async () => {
        await assertKnown(otherUserId);
        await assertMayOpen(userId);
      }),
    /** The same for a server, without the limit of a user. Throws 404 for an unknown user. */
    openFor: (userId: string, otherUserId: string): Promise<OpenedRoom> =>
      openRoom(userId, otherUserId, () => assertKnown(userId, otherUserId)),
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
      const hides = (id: string) => hidesReceipts(names(id));
      return rooms.map((room) =>
        toRoom(
          room,
          userId,
          (id) => options.present(names(id)),
          (id) => !hides(userId) && !hides(id),
        ),
      );
    },
  };
}
export type Rooms = ReturnType<typeof createRooms>;
