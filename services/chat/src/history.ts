import { RESUME_LIMIT, type HistoryMessage, type HistoryPage, type ResumedRoom, type ResumePoint } from '@linsta/contracts';
import type { UserDirectory } from '@linsta/mongo';
import { trusted, Types } from 'mongoose';
import type { Heads } from './heads';
import { toHistoryMessage, toReceivedMessage, type ChatModels, type MessageDocument } from './model';
import type { Rooms } from './rooms';

const RESET_PAGE = 50;
const MAX_ROOMS = 1_000;
/** Over all rooms of one resume; the rest of the rooms are reset without messages, to be fetched as history. */
const MAX_RESUMED_MESSAGES = 5_000;
const AT_A_TIME = 16;

export function createHistory(options: { models: ChatModels; rooms: Rooms; heads: Heads; directory: UserDirectory }) {
  const { Rooms, Messages } = options.models;

  /** Messages `from` to `to`, both included, ascending. */
  const range = (chatRoomId: Types.ObjectId, from: number, to: number): Promise<MessageDocument[]> =>
    Messages.find({ chatRoomId, seq: trusted({ $gte: from, $lte: to }) })
      .sort({ seq: 1 })
      .lean();

  /** Since `seq` has no gaps, every page is a range of the index: `skip` costs nothing, however deep. */
  const bounds = async (chatRoomId: Types.ObjectId, { limit, skip, beforeSeq, afterSeq }: HistoryPage): Promise<[number, number]> => {
    if (afterSeq !== undefined) return [afterSeq + 1, afterSeq + limit];
    const last = beforeSeq !== undefined ? beforeSeq - 1 : (await options.heads.lastSeq(chatRoomId)) - skip;
    return [last - limit + 1, last];
  };

  return {
    async page(chatRoomId: string, userId: string, page: HistoryPage): Promise<HistoryMessage[]> {
      await options.rooms.assertParticipant(chatRoomId, userId);
      const id = new Types.ObjectId(chatRoomId);
      const [from, to] = await bounds(id, page);
      if (to < 1 || from > Number.MAX_SAFE_INTEGER) return [];
      const found = await range(id, Math.max(1, from), Math.min(to, Number.MAX_SAFE_INTEGER));
      const names = await options.directory.names(found.map((message) => message.senderId.toHexString()));
      return found.map((message) => toHistoryMessage(message, names));
    },

    /** All that changed since the client's points: rooms with news, and rooms it did not name. */
    async resume(userId: string, points: ResumePoint[]): Promise<{ rooms: ResumedRoom[]; unread: number }> {
      const known = new Map(points.map((point) => [point.chatRoomId, point.afterSeq]));
      await options.heads.settled();
      const all = await Rooms.find({ participants: new Types.ObjectId(userId) }, { lastSeq: 1, reads: 1, participants: 1, updatedAt: 1 })
        .sort({ updatedAt: -1, _id: -1 })
        .lean();
      // A client that knows more than the room's cache has heard of a message whose node has not raised it yet.
      await options.heads.verify(all, (room) => (known.get(room._id.toHexString()) ?? 0) > room.lastSeq);
      const unread = all.reduce((sum, room) => sum + Math.max(0, room.lastSeq - (room.reads[userId] ?? 0)), 0);
      const changed = all.filter((room) => (known.get(room._id.toHexString()) ?? -1) !== room.lastSeq).slice(0, MAX_ROOMS);

      const rooms: ResumedRoom[] = [];
      let budget = MAX_RESUMED_MESSAGES;
      for (let at = 0; at < changed.length; at += AT_A_TIME) {
        const resumed = await Promise.all(
          changed.slice(at, at + AT_A_TIME).map(async (room): Promise<ResumedRoom> => {
            const after = known.get(room._id.toHexString()) ?? 0;
            // A point beyond the end is from another life of this room's data: start afresh.
            const reset = room.lastSeq - after > RESUME_LIMIT || after > room.lastSeq;
            const from = reset ? Math.max(1, room.lastSeq - RESET_PAGE + 1) : after + 1;
            const wanted = room.lastSeq - from + 1;
            const affordable = wanted <= budget;
            if (affordable) budget -= wanted;
            const found = affordable && wanted > 0 ? await range(room._id, from, room.lastSeq) : [];
            const names = await options.directory.names(found.map((message) => message.senderId.toHexString()));
            return {
              chatRoomId: room._id.toHexString(),
              lastSeq: room.lastSeq,
              readSeq: Math.min(room.reads[userId] ?? 0, room.lastSeq),
              messages: found.map((message) => toReceivedMessage(message, names)),
              reset: reset || !affordable,
            };
          }),
        );
        rooms.push(...resumed);
      }
      return { rooms, unread };
    },
  };
}
export type History = ReturnType<typeof createHistory>;
