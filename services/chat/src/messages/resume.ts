import { RESUME_LIMIT, type ResumedRoom, type ResumePoint } from '@linsta/contracts';
import type { UserDirectory } from '@linsta/mongo';
import { Types } from 'mongoose';
import { toReceivedMessage, unreadOf, type ChatModels, type RoomDocument } from '../model';
import type { Summaries } from '../rooms/summaries';
import type { History } from './history';

const RESET_PAGE = 50;
const MAX_ROOMS = 1_000;
/**
 * Over all rooms of one resume; further rooms are reset without messages, which the client reads as
 * history.
 */
const MAX_RESUMED_MESSAGES = 5_000;
const ROOMS_AT_A_TIME = 16;

type ResumableRoom = Pick<RoomDocument, '_id' | 'lastSeq' | 'reads'>;
interface Slice {
  room: ResumableRoom;
  from: number;
  reset: boolean;
}

/** The messages of one room that a client with everything up to `after` lacks. */
export function sliceOf(room: ResumableRoom, after: number): Slice {
  // A point after the last message is from another life of this data: the client starts afresh.
  const reset = room.lastSeq - after > RESUME_LIMIT || after > room.lastSeq;
  return { room, from: reset ? Math.max(1, room.lastSeq - RESET_PAGE + 1) : after + 1, reset };
}

/** Cuts the slices to the limit of one answer: a room beyond it is reset and has no messages. */
export function withinLimit(slices: Slice[], limit = MAX_RESUMED_MESSAGES): Slice[] {
  let left = limit;
  return slices.map((slice) => {
    const { lastSeq } = slice.room;
    const count = lastSeq - slice.from + 1;
    if (count > left) return { ...slice, from: lastSeq + 1, reset: true };
    left -= count;
    return slice;
  });
}

export function createResume(options: { models: ChatModels; history: History; summaries: Summaries; directory: UserDirectory }) {
  const { Rooms } = options.models;

  const toResumed = async ({ room, from, reset }: Slice, userId: string): Promise<ResumedRoom> => {
    const found = from > room.lastSeq ? [] : await options.history.range(room._id, from, room.lastSeq);
    const names = await options.directory.names(found.map((message) => message.senderId.toHexString()));
    return {
      chatRoomId: room._id.toHexString(),
      lastSeq: room.lastSeq,
      readSeq: Math.min(room.reads[userId] ?? 0, room.lastSeq),
      messages: found.map((message) => toReceivedMessage(message, names)),
      reset,
    };
  };

  /**
   * Every change since the client's points: rooms with new messages, and rooms that the client did
   * not name.
   */
  return async (userId: string, points: ResumePoint[]): Promise<{ rooms: ResumedRoom[]; unread: number }> => {
    const known = new Map(points.map((point) => [point.chatRoomId, point.afterSeq]));
    const knownSeq = (room: ResumableRoom) => known.get(room._id.toHexString());
    await options.summaries.flush();
    const all = await Rooms.find({ participants: new Types.ObjectId(userId) }, { lastSeq: 1, reads: 1, participants: 1, updatedAt: 1 })
      .sort({ updatedAt: -1, _id: -1 })
      .lean();
    // A client that knows more than the summary has got a message whose process has not updated the
    // summary yet.
    await options.summaries.verify(all, (room) => (knownSeq(room) ?? 0) > room.lastSeq);
    const unread = all.reduce((sum, room) => sum + unreadOf(room, userId), 0);
    const changed = all.filter((room) => (knownSeq(room) ?? -1) !== room.lastSeq).slice(0, MAX_ROOMS);
    const slices = withinLimit(changed.map((room) => sliceOf(room, knownSeq(room) ?? 0)));

    const rooms: ResumedRoom[] = [];
    for (let at = 0; at < slices.length; at += ROOMS_AT_A_TIME)
      rooms.push(...(await Promise.all(slices.slice(at, at + ROOMS_AT_A_TIME).map((slice) => toResumed(slice, userId)))));
    return { rooms, unread };
  };
}
export type Resume = ReturnType<typeof createResume>;
