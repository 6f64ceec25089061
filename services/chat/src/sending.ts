import { MAX_BATCH, type BatchedSend, type SendOutcome } from '@linsta/contracts';
import {
  AppError,
  conflict,
  createBatchLink,
  forbidden,
  notFound,
  toAppError,
  unavailable,
  type Logger,
  type People,
} from '@linsta/server';
import { Types } from 'mongoose';
import type { Heads } from './heads';
import type { MessageSentRelay } from './message-sent';
import { CLIENT_ID_INDEX, SEQ_INDEX, toReceivedMessage, type ChatModels, type MessageDocument } from './model';
import type { Rooms } from './rooms';

const MAX_CLASHES = 100;
/** Ordered inserts that one batch is spread over: few, since each costs its command; several, since a sharded cluster works through one shard by shard. */
const LANES = 4;
const MAX_CACHED_HEADS = 100_000;

/** One send on its way through a batch. */
interface Pending {
  send: BatchedSend;
  participants: string[];
  stored?: MessageDocument;
  duplicate?: boolean;
  failure?: AppError;
}

interface WriteFault {
  index: number;
  code: number;
  errmsg: string;
}
/** The per-document faults of a bulk insert; undefined if it failed as a whole. */
const writeFaults = (error: unknown): WriteFault[] | undefined => {
  const { name, writeErrors } = error as { name?: string; writeErrors?: WriteFault | WriteFault[] };
  if (name !== 'MongoBulkWriteError' || writeErrors === undefined) return undefined;
  const faults = [writeErrors].flat();
  return faults.length > 0 && faults.every((fault) => fault.code === 11000) ? faults : undefined;
};
const clashed = (fault: WriteFault) => fault.errmsg.includes(SEQ_INDEX) && !fault.errmsg.includes(CLIENT_ID_INDEX);

const failed = (error: AppError): SendOutcome => ({ ok: false, error: { code: error.code, message: error.message, status: error.status } });

/**
 * Stores sends in batches and allocates each room's next `seq` by the insert itself: the unique index refuses a number that is taken, and then the head is
 * read again. All sends of this process go through one line, one batch at a time, so they clash only with other chat nodes.
 */
export function createSending(options: {
  models: ChatModels;
  heads: Heads;
  rooms: Rooms;
  people: People;
  relay: MessageSentRelay;
  logger: Logger;
  now: () => Date;
  maxWaiting: number;
}) {
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
    ...(options.relay.enabled && { outboxAt: createdAt }),
  });

  /** Stores these in this order where it can; answers what the index refused. Throws when the outcome is unknown. */
  const insert = async (documents: MessageDocument[], ordered: boolean): Promise<WriteFault[]> => {
    try {
      // The native collection: the documents are built here from validated parts, and mongoose's per-document work is most of an insert's cost.
      await Messages.collection.insertMany(documents, { ordered });
      return [];
    } catch (error) {
      const faults = writeFaults(error);
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
    if (first.text !== text) pending.failure = conflict('CLIENT_MESSAGE_ID_REUSED', 'This clientMessageId was used for another text');
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
        if (pending.stored === undefined)
          pending.failure ??= known ?? new AppError(500, 'INTERNAL', 'Something went wrong on our side; it has been noted');
      }
    }
  };

  const store = async (batch: BatchedSend[]): Promise<SendOutcome[]> => {
    const members = await options.rooms.participants(batch.map((send) => send.chatRoomId));
    const byRoom = new Map<string, Pending[]>();
    const all = batch.map((send): Pending => {
      const participants = members.get(send.chatRoomId);
      const pending: Pending = { send, participants: participants ?? [] };
      if (participants === undefined) pending.failure = notFound('Chat room');
      else if (!participants.includes(send.senderId)) pending.failure = forbidden('User not a participant', 'NOT_A_PARTICIPANT');
      else {
        const sends = byRoom.get(send.chatRoomId);
        if (sends === undefined) byRoom.set(send.chatRoomId, [pending]);
        else sends.push(pending);
      }
      return pending;
    });

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

    const fresh = all.filter((pending) => pending.stored !== undefined && pending.duplicate !== true);
    // Repeats as well: the first may have been stored by a process that died before it raised its room.
    options.heads.raise(all.flatMap(({ stored }) => stored ?? []));
    const names = await options.people.names(
      new Set(all.flatMap(({ stored }) => (stored === undefined ? [] : [stored.senderId.toHexString()]))),
    );
    options.relay.offer(fresh.map(({ stored, participants }) => ({ message: stored as MessageDocument, participants })));
    return all.map(({ stored, failure, participants, duplicate }) =>
      stored !== undefined
        ? { ok: true, message: toReceivedMessage(stored, names), participants, duplicate: duplicate === true }
        : failed(failure ?? unavailable('The message was not stored')),
    );
  };

  const link = createBatchLink<BatchedSend, SendOutcome>({ send: store, maxBatch: MAX_BATCH, maxWaiting: options.maxWaiting });
  return {
    /** One outcome per send, in order; an outage answers each with a 503-class failure. */
    push: (sends: BatchedSend[]): Promise<SendOutcome[]> =>
      Promise.all(
        sends.map((send) =>
          link.push(send).catch((error: unknown): SendOutcome => {
            const known = toAppError(error);
            if (known === undefined) options.logger.error({ err: error }, 'a batch of messages failed');
            return failed(known ?? new AppError(500, 'INTERNAL', 'Something went wrong on our side; it has been noted'));
          }),
        ),
      ),
    idle: () => link.idle(),
  };
}
export type Sending = ReturnType<typeof createSending>;
