import type { HistoryMessage, HistoryPage } from '@linsta/contracts';
import type { UserDirectory } from '@linsta/mongo';
import { trusted, Types } from 'mongoose';
import { toHistoryMessage, type ChatModels, type MessageDocument, type PresentPerson } from '../model';
import type { Participants } from '../rooms/participants';
import type { Sequence } from './sequence';

export function createHistory(options: {
  models: ChatModels;
  participants: Participants;
  sequence: Sequence;
  directory: UserDirectory;
  present: PresentPerson;
}) {
  const { Messages } = options.models;

  /** Messages `from` to `to`, both included, ascending. */
  const range = (chatRoomId: Types.ObjectId, from: number, to: number): Promise<MessageDocument[]> =>
    Messages.find({ chatRoomId, seq: trusted({ $gte: from, $lte: to }) })
      .sort({ seq: 1 })
      .lean();

  /**
   * Since `seq` has no gaps, every page is a range of the index, at the same cost for every `skip`.
   */
  const boundsOf = async (chatRoomId: Types.ObjectId, { limit, skip, beforeSeq, afterSeq }: HistoryPage): Promise<[number, number]> => {
    if (afterSeq !== undefined) return [afterSeq + 1, afterSeq + limit];
    const last = beforeSeq !== undefined ? beforeSeq - 1 : (await options.sequence.lastStored(chatRoomId)) - skip;
    return [last - limit + 1, last];
  };

  return {
    range,
    /** Throws 404 or 403. */
    async page(chatRoomId: string, userId: string, page: HistoryPage): Promise<HistoryMessage[]> {
      await options.participants.assertParticipant(chatRoomId, userId);
      const id = new Types.ObjectId(chatRoomId);
      const [from, to] = await boundsOf(id, page);
      if (to < 1 || from > Number.MAX_SAFE_INTEGER) return [];
      const found = await range(id, Math.max(1, from), Math.min(to, Number.MAX_SAFE_INTEGER));
      const names = await options.directory.names(found.map((message) => message.senderId.toHexString()));
      return found.map((message) => toHistoryMessage(message, (id) => options.present(names(id))));
    },
  };
}
export type History = ReturnType<typeof createHistory>;
