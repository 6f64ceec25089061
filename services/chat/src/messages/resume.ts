import { RESUME_LIMIT, type ReceivedMessage, type ResumedRoom, type ResumePoint } from '@linsta/contracts';
import type { UserDirectory } from '@linsta/mongo';
import { trusted, Types } from 'mongoose';
import { toReceivedMessage, unreadOf, type ChatModels, type MessageDocument, type RoomDocument } from '../model';
import type { Summaries } from '../rooms/summaries';
import type { History } from './history';
import type { Turns } from './turns';

const RESET_PAGE = 50;
const MAX_ROOMS = 1_000;
/**
 * Over all rooms of one resume; further rooms are reset without messages, which the client reads as
 * history.
 */
const MAX_RESUMED_MESSAGES = 5_000;
const ROOMS_AT_A_TIME = 16;

type ResumableRoom = Pick<RoomDocument, '_id' | 'lastSeq' | 'reads' | 'lastRev' | 'settledRev'>;
interface Slice {
  room: ResumableRoom;
  from: number;
  reset: boolean;
}
/** A point of a client that follows changes. */
interface ChangesPoint {
  afterSeq: number;
  afterRev: number;
}
/** Messages of a room that changed after the client's point; `undefined`: more than fit. */
interface Changes {
  lastRev: number;
  changed: MessageDocument[] | undefined;
}

/** The messages of one room that a client with everything up to `after` lacks. */
export function sliceOf(room: Pick<ResumableRoom, '_id' | 'lastSeq' | 'reads'>, after: number): Slice {
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

/** The same slice, or the newest page where the changes do not fit. */
const resetFor = (slice: Slice, { changed }: Changes): Slice =>
  changed !== undefined || slice.reset ? slice : { ...slice, from: Math.max(1, slice.room.lastSeq - RESET_PAGE + 1), reset: true };

export function createResume(options: {
  models: ChatModels;
  history: History;
  turns: Pick<Turns, 'lastWritten'>;
  summaries: Summaries;
  directory: UserDirectory;
}) {
  const { Rooms, Messages } = options.models;

  /** Every change after `afterRev`, up to the answered `lastRev` for certain. */
  const changesOf = async (room: ResumableRoom, { afterSeq, afterRev }: ChangesPoint): Promise<Changes> => {
    // Before the changes are read: one that comes meanwhile is in the next answer as well.
    const lastRev = await options.turns.lastWritten(room._id);
    if (afterRev > lastRev) return { lastRev, changed: undefined };
    const changed = await Messages.find({ chatRoomId: room._id, rev: trusted({ $gt: afterRev }) })
      .sort({ rev: 1 })
      .limit(RESUME_LIMIT + 1)
      .lean();
    return { lastRev, changed: changed.length > RESUME_LIMIT ? undefined : changed.filter(({ seq }) => seq <= afterSeq) };
  };

  const toResumed = async (slice: Slice, { changed = [], lastRev }: Changes, userId: string): Promise<ResumedRoom> => {
    const { room, from, reset } = slice;
    const found = from > room.lastSeq ? [] : await options.history.range(room._id, from, room.lastSeq);
    const names = await options.directory.names([...found, ...changed].map((message) => message.senderId.toHexString()));
    const present = (messages: MessageDocument[]): ReceivedMessage[] => messages.map((message) => toReceivedMessage(message, names));
    return {
      chatRoomId: room._id.toHexString(),
      lastSeq: room.lastSeq,
      readSeq: Math.min(room.reads[userId] ?? 0, room.lastSeq),
      messages: present(found),
      lastRev,
      changed: reset ? [] : present(changed),
      reset,
    };
  };

  /**
   * Every change since the client's points: rooms with new messages, and rooms that the client did
   * not name.
   */
  return async (userId: string, points: ResumePoint[]): Promise<{ rooms: ResumedRoom[]; unread: number }> => {
    const known = new Map(points.map((point) => [point.chatRoomId, point]));
    const pointOf = (room: ResumableRoom) => known.get(room._id.toHexString());
    const knownSeq = (room: ResumableRoom) => pointOf(room)?.afterSeq;
    /** Only for clients that follow changes, and only where there are some. */
    const changesPoint = (room: ResumableRoom): ChangesPoint | undefined => {
      const point = pointOf(room);
      if (point?.afterRev === undefined || (room.lastRev ?? 0) === point.afterRev) return undefined;
      return { afterSeq: point.afterSeq, afterRev: point.afterRev };
    };
    await options.summaries.flush();
    const all = await Rooms.find(
      { participants: new Types.ObjectId(userId) },
      { lastSeq: 1, reads: 1, participants: 1, updatedAt: 1, lastRev: 1, settledRev: 1 },
    )
      .sort({ updatedAt: -1, _id: -1 })
      .lean();
    // A client that knows more than the summary has got a message whose process has not updated the
    // summary yet.
    await options.summaries.verify(all, (room) => (knownSeq(room) ?? 0) > room.lastSeq);
    const unread = all.reduce((sum, room) => sum + unreadOf(room, userId), 0);
    const changed = all.filter((room) => (knownSeq(room) ?? -1) !== room.lastSeq || changesPoint(room) !== undefined).slice(0, MAX_ROOMS);
    const slices = withinLimit(changed.map((room) => sliceOf(room, knownSeq(room) ?? 0)));

    const rooms: ResumedRoom[] = [];
    let left = MAX_RESUMED_MESSAGES;
    const resumeRoom = async (slice: Slice): Promise<ResumedRoom> => {
      const { room } = slice;
      const point = changesPoint(room);
      // Every page that is read after `room` holds the changes up to `settledRev`.
      const settledRev = room.settledRev ?? 0;
      if (slice.reset) return toResumed(slice, { lastRev: settledRev, changed: [] }, userId);
      if (point === undefined) return toResumed(slice, { lastRev: pointOf(room)?.afterRev ?? settledRev, changed: [] }, userId);
      const changes: Changes = left > 0 ? await changesOf(room, point) : { lastRev: settledRev, changed: undefined };
      left -= changes.changed?.length ?? RESET_PAGE;
      return toResumed(resetFor(slice, changes), changes, userId);
    };
    for (let at = 0; at < slices.length; at += ROOMS_AT_A_TIME)
      rooms.push(...(await Promise.all(slices.slice(at, at + ROOMS_AT_A_TIME).map(resumeRoom))));
    return { rooms, unread };
  };
}
export type Resume = ReturnType<typeof createResume>;
