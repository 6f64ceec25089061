import { AppError, internalError, itemAt, toAppError, unavailable, type Logger } from '@linsta/core';
import { duplicateFaults, type WriteFault } from '@linsta/mongo';
import { Types } from 'mongoose';
import { CLIENT_ID_INDEX, SEQ_INDEX, type ChatModels, type MessageDocument } from '../model';
import type { EarlierTexts } from './earlier-texts';
import type { QuotingSend } from './quotes';
import type { Sequence } from './sequence';

const MAX_CLASHES = 100;
/**
 * Ordered inserts that one batch is spread over. Few, since each costs a command; several, since a
 * sharded cluster executes an ordered insert shard by shard.
 */
const LANES = 4;

/** `duplicate`: a repeat of an earlier send, whose message is the first result. */
export type InsertOutcome = { ok: true; message: MessageDocument; duplicate: boolean } | { ok: false; error: AppError };

/** The sends of one room, in order, and their positions in the batch. */
interface RoomSends {
  chatRoomId: string;
  sends: QuotingSend[];
  positions: number[];
}

const inserted = (message: MessageDocument): InsertOutcome => ({ ok: true, message, duplicate: false });
const isSeqClash = (fault: WriteFault) => fault.errmsg.includes(SEQ_INDEX) && !fault.errmsg.includes(CLIENT_ID_INDEX);

function groupByRoom(sends: QuotingSend[]): RoomSends[] {
  const rooms = new Map<string, RoomSends>();
  sends.forEach((send, position) => {
    const { chatRoomId } = send;
    const room = rooms.get(chatRoomId);
    if (room === undefined) rooms.set(chatRoomId, { chatRoomId, sends: [send], positions: [position] });
    else {
      room.sends.push(send);
      room.positions.push(position);
    }
  });
  return [...rooms.values()];
}

/** Of the first `stored` documents of a lane, the number in each room. */
function countsOf(rooms: RoomSends[], stored: number): number[] {
  let left = stored;
  return rooms.map(({ sends }) => {
    const count = Math.min(left, sends.length);
    left -= count;
    return count;
  });
}

/**
 * Inserts messages and allocates the next `seq` of each room by the insert itself: the unique index
 * refuses a number that is taken, and the last number of the room is read again.
 */
export function createInsert(options: {
  models: ChatModels;
  sequence: Sequence;
  earlierTexts: Pick<EarlierTexts, 'sentText'>;
  /** Messages get a mark that the publishing of MESSAGE_SENT removes. */
  marked: boolean;
  logger: Logger;
  now: () => Date;
}) {
  const { Messages } = options.models;
  const { sequence, now } = options;

  const toDocument = (send: QuotingSend, seq: number, createdAt: Date): MessageDocument => ({
    _id: new Types.ObjectId(),
    chatRoomId: new Types.ObjectId(send.chatRoomId),
    seq,
    senderId: new Types.ObjectId(send.senderId),
    text: send.text,
    ...(send.clientMessageId !== undefined && { clientMessageId: send.clientMessageId }),
    createdAt,
    ...(options.marked && { outboxAt: createdAt }),
    ...(send.quote !== undefined && { replyTo: send.quote }),
  });

  /** Returns the documents that a unique index refused. Throws when the outcome is unknown. */
  const insertMany = async (documents: MessageDocument[], ordered: boolean): Promise<WriteFault[]> => {
    try {
      // The native collection: the documents are built here from validated parts, and mongoose's
      // work per document is most of the cost of an insert.
      await Messages.collection.insertMany(documents, { ordered });
      return [];
    } catch (error) {
      const faults = duplicateFaults(error);
      if (faults !== undefined) return faults;
      for (const { chatRoomId } of documents) sequence.forget(chatRoomId.toHexString());
      throw error;
    }
  };

  const failure = (error: unknown): InsertOutcome => {
    const known = toAppError(error);
    if (known === undefined) options.logger.error({ err: error }, 'message insert failed');
    return { ok: false, error: known ?? internalError() };
  };

  /**
   * The outcome of a clientMessageId that is used already: its first result, or a conflict for
   * another message.
   */
  const firstResult = async ({ chatRoomId, senderId, clientMessageId, text, replyTo }: QuotingSend): Promise<InsertOutcome> => {
    const message = await Messages.findOne({
      chatRoomId: new Types.ObjectId(chatRoomId),
      senderId: new Types.ObjectId(senderId),
      clientMessageId: clientMessageId ?? '',
    }).lean();
    if (message === null) throw new Error('the index refused a clientMessageId that no message has');
    return (await options.earlierTexts.sentText(message)) === text && message.replyTo?.seq === replyTo
      ? { ok: true, message, duplicate: true }
      : { ok: false, error: new AppError('CLIENT_MESSAGE_ID_REUSED', 'This clientMessageId was used for another message') };
  };

  /**
   * Sends of one room by ordered inserts; after a refusal the rest gets new numbers. Never throws.
   */
  const insertRoom = async (chatRoomId: string, sends: QuotingSend[]): Promise<InsertOutcome[]> => {
    const outcomes: InsertOutcome[] = [];
    try {
      for (let clashes = 0; outcomes.length < sends.length;) {
        const rest = sends.slice(outcomes.length);
        const last = await sequence.last(chatRoomId);
        const createdAt = now();
        const documents = rest.map((send, at) => toDocument(send, last + 1 + at, createdAt));
        const [fault] = await insertMany(documents, true);
        const count = fault?.index ?? rest.length;
        outcomes.push(...documents.slice(0, count).map(inserted));
        sequence.set(chatRoomId, last + count);
        if (fault === undefined) break;
        if (isSeqClash(fault)) {
          sequence.forget(chatRoomId);
          clashes += 1;
          if (clashes > MAX_CLASHES) throw unavailable('This room is too busy just now', 1);
        } else outcomes.push(await firstResult(itemAt(rest, count)));
      }
    } catch (error) {
      const failed = failure(error);
      while (outcomes.length < sends.length) outcomes.push(failed);
    }
    return outcomes;
  };

  /**
   * Sends of different rooms by one unordered insert; a refused one is inserted again alone. Never
   * throws.
   */
  const insertSingles = async (sends: QuotingSend[]): Promise<InsertOutcome[]> => {
    try {
      const lasts = await Promise.all(sends.map(({ chatRoomId }) => sequence.last(chatRoomId)));
      const createdAt = now();
      const documents = sends.map((send, at) => toDocument(send, itemAt(lasts, at) + 1, createdAt));
      const faults = await insertMany(documents, false);
      const refused = new Map(faults.map((fault) => [fault.index, fault]));
      documents.forEach(({ seq }, at) => {
        if (!refused.has(at)) sequence.set(itemAt(sends, at).chatRoomId, seq);
      });
      if (refused.size === 0) return documents.map(inserted);
      return await Promise.all(
        sends.map(async (send, at) => {
          const fault = refused.get(at);
          if (fault === undefined) return inserted(itemAt(documents, at));
          if (!isSeqClash(fault)) return firstResult(send).catch(failure);
          sequence.forget(send.chatRoomId);
          return itemAt(await insertRoom(send.chatRoomId, [send]), 0);
        }),
      );
    } catch (error) {
      const failed = failure(error);
      return sends.map(() => failed);
    }
  };

  /**
   * Rooms with several sends each by one ordered insert, which stores nothing after the first
   * document that it refuses: from there on, each room is inserted alone. Never throws.
   */
  const insertLane = async (rooms: RoomSends[]): Promise<InsertOutcome[][]> => {
    try {
      const lasts = await Promise.all(rooms.map(({ chatRoomId }) => sequence.last(chatRoomId)));
      const createdAt = now();
      const documents = rooms.map(({ sends }, room) => sends.map((send, at) => toDocument(send, itemAt(lasts, room) + 1 + at, createdAt)));
      const all = documents.flat();
      const [fault] = await insertMany(all, true);
      const counts = countsOf(rooms, fault?.index ?? all.length);
      rooms.forEach(({ chatRoomId }, room) => {
        const count = itemAt(counts, room);
        if (count > 0) sequence.set(chatRoomId, itemAt(lasts, room) + count);
      });
      if (fault === undefined) return documents.map((ofRoom) => ofRoom.map(inserted));
      return await Promise.all(
        rooms.map(async ({ chatRoomId, sends }, room) => {
          const count = itemAt(counts, room);
          const outcomes = itemAt(documents, room).slice(0, count).map(inserted);
          return count === sends.length ? outcomes : [...outcomes, ...(await insertRoom(chatRoomId, sends.slice(count)))];
        }),
      );
    } catch (error) {
      const failed = failure(error);
      return rooms.map(({ sends }) => sends.map(() => failed));
    }
  };

  /**
   * Inserts the sends of each room in their order. One outcome per send, in order; a failure of one
   * insert is the outcome of its own sends only. Never throws.
   */
  return async (sends: QuotingSend[]): Promise<InsertOutcome[]> => {
    const rooms = groupByRoom(sends);
    const singles = rooms.filter((room) => room.sends.length === 1);
    const several = rooms.filter((room) => room.sends.length > 1);
    const lanes = Array.from({ length: LANES }, (_, lane) => several.filter((_room, at) => at % LANES === lane));

    const outcomes = new Array<InsertOutcome>(sends.length);
    const place = ({ positions }: RoomSends, ofRoom: InsertOutcome[]) =>
      positions.forEach((position, at) => (outcomes[position] = itemAt(ofRoom, at)));
    const placeSingles = async () => {
      const found = await insertSingles(singles.map((room) => itemAt(room.sends, 0)));
      singles.forEach((room, at) => place(room, [itemAt(found, at)]));
    };
    const placeLane = async (lane: RoomSends[]) => {
      const found = await insertLane(lane);
      lane.forEach((room, at) => place(room, itemAt(found, at)));
    };
    await Promise.all([...(singles.length > 0 ? [placeSingles()] : []), ...lanes.filter((lane) => lane.length > 0).map(placeLane)]);
    return outcomes;
  };
}
export type Insert = ReturnType<typeof createInsert>;
