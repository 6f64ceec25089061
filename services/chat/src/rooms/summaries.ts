import { addTo, itemAt, messageOf, type Logger } from '@linsta/core';
import { LRUCache } from 'lru-cache';
import { trusted, Types, type AnyBulkWriteOperation } from 'mongoose';
import type { ChatModels, LastMessage, MessageDocument, RoomDocument } from '../model';

const VERIFIED_MS = 20_000;
const MAX_VERIFIED = 50_000;
/**
 * Delay between room-summary updates under load: three times the duration of the last update, at
 * most 50 ms. An update touches the document of a room and its index entries, which costs more than
 * the messages themselves. One large update would delay the inserts after it; many small ones fit
 * between them.
 */
const GAP_PER_UPDATE = 3;
const MAX_GAP_MS = 50;
const MAX_REPAIRED = 10_000;

type Verifiable = Pick<RoomDocument, '_id' | 'lastSeq' | 'reads'> & Partial<Pick<RoomDocument, 'lastMessage' | 'updatedAt'>>;
type MessageRef = Pick<MessageDocument, 'senderId' | 'seq'>;

/** Stored messages by room, and a promise for the write that brings them into the summaries. */
interface Update {
  rooms: Map<string, MessageDocument[]>;
  written: Promise<void>;
  done(): void;
}
function newUpdate(): Update {
  let done: () => void = () => undefined;
  const written = new Promise<void>((resolve) => (done = resolve));
  return { rooms: new Map(), written, done };
}

const toLastMessage = ({ seq, _id, senderId, text, createdAt }: MessageDocument): LastMessage => ({ seq, _id, senderId, text, createdAt });

/** The watermark of each sender of these messages: a sender has read up to the own last message. */
function readsOf(messages: MessageRef[]): Map<string, number> {
  const reads = new Map<string, number>();
  for (const { senderId, seq } of messages) {
    const sender = senderId.toHexString();
    reads.set(sender, Math.max(reads.get(sender) ?? 0, seq));
  }
  return reads;
}

/**
 * The `lastSeq` that a summary must have for these messages, highest `seq` first, to be all that it
 * lacks.
 */
function requiredLastSeq(descending: MessageDocument[]): number {
  let seq = descending[0]?.seq ?? 0;
  for (const message of descending) if (message.seq === seq) seq -= 1;
  return seq;
}

/** Changes nothing where the summary has not reached `required` yet. */
const toOperation = (last: MessageDocument, reads: Map<string, number>, required = 0): AnyBulkWriteOperation => ({
  updateOne: {
    filter: { _id: last.chatRoomId, ...(required > 0 && { lastSeq: { $gte: required } }) },
    update: {
      $max: {
        lastSeq: last.seq,
        lastMessage: toLastMessage(last),
        updatedAt: last.createdAt,
        ...Object.fromEntries([...reads].map(([userId, seq]) => [`reads.${userId}`, seq])),
      },
    },
  },
});

const operationOf = (messages: MessageDocument[]): AnyBulkWriteOperation => {
  const descending = messages.toSorted((a, b) => b.seq - a.seq);
  return toOperation(itemAt(descending, 0), readsOf(descending), requiredLastSeq(descending));
};

/**
 * Room summaries: `lastSeq`, `lastMessage`, `updatedAt` and the senders' watermarks. They are a
 * cache of the unique index of the messages, updated after each insert without delaying its
 * senders. A crash between the two leaves a summary behind, so a read that finds a summary
 * unverified for 20 s compares it with the index and repairs it.
 */
export function createSummaries({ Rooms, Messages }: ChatModels, { logger, now }: { logger: Logger; now: () => number }) {
  const verifiedAt = new LRUCache<string, number>({ max: MAX_VERIFIED });

  // The native collection: casting the documents that are built here would cost more than the
  // write.
  const write = (operations: AnyBulkWriteOperation[]) => Rooms.collection.bulkWrite(operations as never, { ordered: false });

  let next = newUpdate();
  let inFlight: Promise<void> = Promise.resolve();
  let running = false;
  let flushing = false;
  let endGap: () => void = () => undefined;

  const gapAfter = (startedAt: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, Math.min(MAX_GAP_MS, GAP_PER_UPDATE * (performance.now() - startedAt)));
      endGap = () => (clearTimeout(timer), resolve());
    });

  const apply = async (update: Update) => {
    try {
      const { matchedCount } = await write([...update.rooms.values()].map(operationOf));
      // A summary that did not match lacks earlier messages, whose process or database went down
      // before the update.
      if (matchedCount < update.rooms.size) await repairAll([...update.rooms.keys()]);
    } catch (error) {
      logger.warn({ err: messageOf(error) }, 'room summary update failed');
      for (const id of update.rooms.keys()) verifiedAt.delete(id);
    }
    update.done();
  };

  /**
   * One update per room for all messages since the update before: at once when idle, with gaps
   * under load.
   */
  const run = async () => {
    running = true;
    while (next.rooms.size > 0) {
      const update = next;
      next = newUpdate();
      inFlight = update.written;
      flushing = false;
      const startedAt = performance.now();
      await apply(update);
      if (!flushing) await gapAfter(startedAt);
    }
    running = false;
  };

  /**
   * Brings one summary up to the index if it is behind, in the database and in the given document.
   */
  const repair = async (room: Verifiable) => {
    const last = await Messages.findOne({ chatRoomId: room._id }).sort({ seq: -1 }).lean();
    verifiedAt.set(room._id.toHexString(), now());
    if (last === null || last.seq <= room.lastSeq) return;
    const missed = await Messages.find({ chatRoomId: room._id, seq: trusted({ $gt: room.lastSeq }) }, { seq: 1, senderId: 1 })
      .sort({ seq: -1 })
      .limit(MAX_REPAIRED)
      .lean();
    const reads = readsOf(missed);
    await write([toOperation(last, reads)]);
    Object.assign(room, { lastSeq: last.seq, lastMessage: toLastMessage(last), updatedAt: last.createdAt });
    for (const [userId, seq] of reads) room.reads[userId] = Math.max(room.reads[userId] ?? 0, seq);
  };
  const repairAll = async (roomIds: string[]) => {
    const rooms = await Rooms.find({ _id: trusted({ $in: roomIds.map((id) => new Types.ObjectId(id)) }) }, { lastSeq: 1, reads: 1 }).lean();
    await Promise.all(rooms.map(repair));
  };

  return {
    /** Returns at once. If the update fails, the next read repairs the summary. */
    update(stored: MessageDocument[]): void {
      for (const message of stored) addTo(next.rooms, message.chatRoomId.toHexString(), message);
      if (!running) void run();
    },
    /**
     * Resolves when every update that was requested here before this call is written: a user sees
     * the own sends.
     */
    flush(): Promise<void> {
      if (next.rooms.size === 0) return inFlight;
      flushing = true;
      endGap();
      return next.written;
    },
    /** Brings the new text of a message into the summary that shows it. */
    async edited({ chatRoomId, seq, text }: MessageDocument): Promise<void> {
      await this.flush();
      await Rooms.collection.updateOne({ _id: chatRoomId, 'lastMessage.seq': seq }, { $set: { 'lastMessage.text': text } });
    },
    /**
     * Repairs the summaries that may be behind the index; those that are `doubted` are compared in
     * any case.
     */
    async verify<T extends Verifiable>(rooms: T[], doubted: (room: T) => boolean = () => false): Promise<void> {
      const due = (room: T) => (verifiedAt.get(room._id.toHexString()) ?? 0) + VERIFIED_MS <= now() || doubted(room);
      await Promise.all(rooms.filter(due).map(repair));
    },
  };
}
export type Summaries = ReturnType<typeof createSummaries>;
