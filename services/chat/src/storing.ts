import type { BatchedSend } from '@linsta/contracts';
import { AppError, toAppError, unavailable, internalError, type Logger } from '@linsta/core';
import { duplicateFaults, type WriteFault } from '@linsta/mongo';
import { Types } from 'mongoose';
import type { Heads } from './heads';
import { CLIENT_ID_INDEX, SEQ_INDEX, type ChatModels, type MessageDocument } from './model';

const MAX_CLASHES = 100;
/** Ordered inserts that one batch is spread over: few, since each costs its command; several, since a sharded cluster works through one shard by shard. */
const LANES = 4;
const MAX_CACHED_HEADS = 100_000;

/** One send on its way through a batch. */
export interface Pending {
  send: BatchedSend;
  participants: string[];
  stored?: MessageDocument;
  duplicate?: boolean;
  failure?: AppError;
}

const clashed = (fault: WriteFault) => fault.errmsg.includes(SEQ_INDEX) && !fault.errmsg.includes(CLIENT_ID_INDEX);

/**
 * Stores sends and allocates each room's next `seq` by the insert itself: the unique index refuses a number that is taken, and then the head is read again.
 */
export function createStoring(options: { models: ChatModels; heads: Heads; relayed: boolean; logger: Logger; now: () => Date }) {
  const { Messages } = options.models;
  const headOf = new Map<string, number>();

  const head = async (chatRoomId: string): Promise<number> => {
    const known = headOf.get(chatRoomId);
    if (known !== undefined) return known;
    const read = await options.heads.lastSeq(new Types.ObjectId(chatRoomId));
    if (headOf.size >= MAX_CACHED_HEADS) headOf.clear();
    headOf.set(chatRoomId, read);
    return read;
  };

  const toDocument = ({ send }: Pending, seq: number, createdAt: Date): MessageDocument => ({
    _id: new Types.ObjectId(),
    chatRoomId: new Types.ObjectId(send.chatRoomId),
    seq,
    senderId: new Types.ObjectId(send.senderId),
    text: send.text,
    ...(send.clientMessageId !== undefined && { clientMessageId: send.clientMessageId }),
    createdAt,
    ...(options.relayed && { outboxAt: createdAt }),
  });

  /** Stores these in this order where it can; answers what the index refused. Throws when the outcome is unknown. */
  const insert = async (documents: MessageDocument[], ordered: boolean): Promise<WriteFault[]> => {
    try {
      // The native collection: the documents are built here from validated parts, and mongoose's per-document work is most of an insert's cost.
      await Messages.collection.insertMany(documents, { ordered });
      return [];
    } catch (error) {
      const faults = duplicateFaults(error);
      if (faults !== undefined) return faults;
      // Stored or not? Nobody knows: the cached heads may be wrong now.
      for (const { chatRoomId } of documents) headOf.delete(chatRoomId.toHexString());
      throw error;
    }
  };

  /** The same clientMessageId again: the first result if it is the same text, else a conflict. */
  const settleRepeat = async (pending: Pending) => {
    const { chatRoomId, senderId, clientMessageId, text } = pending.send;
    const first = await Messages.findOne({
      chatRoomId: new Types.ObjectId(chatRoomId),
      senderId: new Types.ObjectId(senderId),
      clientMessageId: clientMessageId ?? '',
    }).lean();
    if (first === null) throw new Error('a duplicate clientMessageId was refused but is not there');
    if (first.text !== text) pending.failure = new AppError('CLIENT_MESSAGE_ID_REUSED', 'This clientMessageId was used for another text');
    else Object.assign(pending, { stored: first, duplicate: true });
  };

  /** One room's sends in their order: an ordered insert, and after a refusal the rest is numbered anew. */
  const storeInOrder = async (chatRoomId: string, sends: Pending[]) => {
    let rest = sends;
    for (let clashes = 0; rest.length > 0;) {
      const base = await head(chatRoomId);
      const createdAt = options.now();
      const documents = rest.map((pending, at) => toDocument(pending, base + 1 + at, createdAt));
      const [fault] = await insert(documents, true);
      const storedCount = fault?.index ?? rest.length;
      rest.slice(0, storedCount).forEach((pending, at) => (pending.stored = documents[at] as MessageDocument));
      headOf.set(chatRoomId, base + storedCount);
      const refused = rest[storedCount];
      if (fault === undefined || refused === undefined) return;
      if (clashed(fault)) {
        headOf.delete(chatRoomId);
        clashes += 1;
        if (clashes > MAX_CLASHES) throw unavailable('This room is too busy just now', 1);
        rest = rest.slice(storedCount);
      } else {
        await settleRepeat(refused);
        rest = rest.slice(storedCount + 1);
      }
    }
  };

  /** Rooms with one send each, all in one unordered insert; what is refused goes on alone. */
  const storeTogether = async (sends: Pending[]) => {
    if (sends.length === 0) return;
    const bases = await Promise.all(sends.map(({ send }) => head(send.chatRoomId)));
    const createdAt = options.now();
    const documents = sends.map((pending, at) => toDocument(pending, (bases[at] ?? 0) + 1, createdAt));
    const faults = new Map((await insert(documents, false)).map((fault) => [fault.index, fault]));
    const again: Promise<void>[] = [];
    sends.forEach((pending, at) => {
      const fault = faults.get(at);
      const { chatRoomId } = pending.send;
      if (fault === undefined) {
        pending.stored = documents[at] as MessageDocument;
        headOf.set(chatRoomId, pending.stored.seq);
      } else if (clashed(fault)) {
        headOf.delete(chatRoomId);
        again.push(guard([pending], () => storeInOrder(chatRoomId, [pending])));
      } else again.push(guard([pending], () => settleRepeat(pending)));
    });
    await Promise.all(again);
  };

  /** Many rooms in their order by few inserts: an ordered one stores nothing behind what it refuses, and from there on each room goes alone. */
  const storeLane = async (rooms: [string, Pending[]][]) => {
    const createdAt = options.now();
    const bases = await Promise.all(rooms.map(([chatRoomId]) => head(chatRoomId)));
    const documents = rooms.map(([, sends], room) =>
      sends.map((pending, at) => toDocument(pending, (bases[room] ?? 0) + 1 + at, createdAt)),
    );
    const all = documents.flat();
    const [fault] = await insert(all, true);
    let left = fault?.index ?? all.length;
    const interrupted: Promise<void>[] = [];
    rooms.forEach(([chatRoomId, sends], room) => {
      const storedCount = Math.min(left, sends.length);
      left -= storedCount;
      sends.slice(0, storedCount).forEach((pending, at) => (pending.stored = documents[room]?.[at] as MessageDocument));
      if (storedCount > 0) headOf.set(chatRoomId, (bases[room] ?? 0) + storedCount);
      const rest = sends.slice(storedCount);
      if (rest.length > 0) interrupted.push(guard(rest, () => storeInOrder(chatRoomId, rest)));
    });
    await Promise.all(interrupted);
  };

  /** What fails as a whole fails each of its own sends, and no others. */
  const guard = async (sends: Pending[], work: () => Promise<void>) => {
    try {
      await work();
    } catch (error) {
      const known = toAppError(error);
      if (known === undefined) options.logger.error({ err: error }, 'messages could not be stored');
      for (const pending of sends) {
        if (pending.stored === undefined) pending.failure ??= known ?? internalError();
      }
    }
  };

  return {
    /** Stores the sends of each room in their order; what became of one stands in it afterwards. Never throws. */
    async store(byRoom: Map<string, Pending[]>): Promise<void> {
      const alone = [...byRoom.values()].filter((sends) => sends.length === 1).flat();
      const several = [...byRoom].filter(([, sends]) => sends.length > 1);
      await Promise.all([
        guard(alone, () => storeTogether(alone)),
        ...Array.from({ length: LANES }, (_, lane) => several.filter((_room, at) => at % LANES === lane))
          .filter((rooms) => rooms.length > 0)
          .map((rooms) =>
            guard(
              rooms.flatMap(([, sends]) => sends),
              () => storeLane(rooms),
            ),
          ),
      ]);
    },
  };
}
export type Storing = ReturnType<typeof createStoring>;
