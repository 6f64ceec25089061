import type { Logger } from '@linsta/core';
import { trusted, Types, type AnyBulkWriteOperation } from 'mongoose';
import type { ChatModels, LastMessage, MessageDocument, RoomDocument } from './model';

const VERIFIED_MS = 20_000;
const MAX_VERIFIED = 50_000;
/**
 * Between two raises while messages keep coming: so many times what the last one took, but no longer than the limit. Raising touches a room's document and
 * its index entries, which costs more than the messages themselves. One great raise would hold up the inserts behind it; many small ones find their gaps.
 */
const GAP_PER_RAISE = 3;
const MAX_GAP_MS = 50;
const MAX_REPAIRED = 10_000;

type Verifiable = Pick<RoomDocument, '_id' | 'lastSeq' | 'reads'> & Partial<Pick<RoomDocument, 'lastMessage' | 'updatedAt'>>;
interface Raise {
  /** Stored messages by room. */
  rooms: Map<string, MessageDocument[]>;
  written: Promise<void>;
  done(): void;
}
const newRaise = (): Raise => {
  let done: () => void = () => undefined;
  const written = new Promise<void>((resolve) => (done = resolve));
  return { rooms: new Map(), written, done };
};

const toLastMessage = ({ seq, _id, senderId, text, createdAt }: MessageDocument): LastMessage => ({ seq, _id, senderId, text, createdAt });

/** How far each of these messages' senders has read: to what he sent last. */
function readsOf(messages: Pick<MessageDocument, 'senderId' | 'seq'>[]): Map<string, number> {
  const reads = new Map<string, number>();
  for (const { senderId, seq } of messages) {
    const sender = senderId.toHexString();
    reads.set(sender, Math.max(reads.get(sender) ?? 0, seq));
  }
  return reads;
}

/** Up to where a room must have been raised, for these to be all that is missing; the highest `seq` first. */
function beneath(descending: MessageDocument[]): number {
  let seq = descending[0]?.seq ?? 0;
  for (const message of descending) if (message.seq === seq) seq -= 1;
  return seq;
}

/** Changes nothing where the room was not raised to `from` yet. */
const raiseOperation = (last: MessageDocument, reads: Map<string, number>, from = 0): AnyBulkWriteOperation => ({
  updateOne: {
    filter: { _id: last.chatRoomId, ...(from > 0 && { lastSeq: { $gte: from } }) },
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

const toOperation = (messages: MessageDocument[]): AnyBulkWriteOperation => {
  const descending = messages.toSorted((a, b) => b.seq - a.seq);
  return raiseOperation(descending[0] as MessageDocument, readsOf(descending), beneath(descending));
};

/**
 * How far each room is. The messages' unique index is the authority; `lastSeq`, `lastMessage` and `updatedAt` of a room are a cache that is raised behind
 * each insert, without its senders waiting for it. A crash between the two leaves the cache behind, so a read looks at the index again when it last did so
 * more than 20 s ago, and repairs.
 */
export function createHeads({ Rooms, Messages }: ChatModels, { logger, now }: { logger: Logger; now: () => number }) {
  const verifiedAt = new Map<string, number>();

  const newest = (chatRoomId: Types.ObjectId) => Messages.findOne({ chatRoomId }).sort({ seq: -1 }).lean();
  // The native collection: casting what we built ourselves would cost more than the write.
  const write = (operations: AnyBulkWriteOperation[]) => Rooms.collection.bulkWrite(operations as never, { ordered: false });

  /** Messages below these were never raised: their node died, or the database went, between the two. Their senders have read them all the same. */
  const fill = async (roomIds: string[]) => {
    const rooms = await Rooms.find({ _id: trusted({ $in: roomIds.map((id) => new Types.ObjectId(id)) }) }, { lastSeq: 1, reads: 1 }).lean();
    await Promise.all(rooms.map(repair));
  };

  let waiting = newRaise();
  let underWay: Promise<void> = Promise.resolve();
  let running = false;
  let awaited = false;
  let endGap: () => void = () => undefined;

  /** One update per room, for all that was stored since the updates before; at once when idle, a quarter of the time when busy, sooner when somebody reads. */
  const run = async () => {
    running = true;
    while (waiting.rooms.size > 0) {
      const raise = waiting;
      waiting = newRaise();
      underWay = raise.written;
      awaited = false;
      const startedAt = performance.now();
      try {
        const { matchedCount } = await write([...raise.rooms.values()].map(toOperation));
        if (matchedCount < raise.rooms.size) await fill([...raise.rooms.keys()]);
      } catch (error) {
        logger.warn({ err: (error as Error).message }, 'room heads not raised');
        for (const id of raise.rooms.keys()) verifiedAt.delete(id);
      }
      raise.done();
      if (awaited) continue;
      const gapMs = Math.min(MAX_GAP_MS, GAP_PER_RAISE * (performance.now() - startedAt));
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, gapMs);
        endGap = () => (clearTimeout(timer), resolve());
      });
    }
    running = false;
  };

  /** Brings one room up to the index if it is behind, in the database and in the given document. */
  const repair = async (room: Verifiable) => {
    const last = await newest(room._id);
    if (verifiedAt.size >= MAX_VERIFIED) verifiedAt.clear();
    verifiedAt.set(room._id.toHexString(), now());
    if (last === null || last.seq <= room.lastSeq) return;
    const missed = await Messages.find({ chatRoomId: room._id, seq: trusted({ $gt: room.lastSeq }) }, { seq: 1, senderId: 1 })
      .sort({ seq: -1 })
      .limit(MAX_REPAIRED)
      .lean();
    const reads = readsOf(missed);
    await write([raiseOperation(last, reads)]);
    Object.assign(room, { lastSeq: last.seq, lastMessage: toLastMessage(last), updatedAt: last.createdAt });
    for (const [userId, seq] of reads) room.reads[userId] = Math.max(room.reads[userId] ?? 0, seq);
  };

  return {
    /** The last `seq` of a room as the index has it, 0 while it is empty. */
    async lastSeq(chatRoomId: Types.ObjectId): Promise<number> {
      return (await Messages.findOne({ chatRoomId }, { seq: 1, _id: 0 }).sort({ seq: -1 }).lean())?.seq ?? 0;
    },
    /** Returns at once. Stored is stored: if the cache cannot be raised now, the next read repairs it. */
    raise(stored: MessageDocument[]): void {
      for (const message of stored) {
        const id = message.chatRoomId.toHexString();
        const room = waiting.rooms.get(id);
        if (room === undefined) waiting.rooms.set(id, [message]);
        else room.push(message);
      }
      if (!running) void run();
    },
    /** Resolves when all that was raised here before this call is written: whoever reads the rooms afterwards sees his own sends. */
    settled(): Promise<void> {
      if (waiting.rooms.size === 0) return underWay;
      awaited = true;
      endGap();
      return waiting.written;
    },
    /** Brings the cached fields of these rooms up to the index where they may be behind; `doubted` ones are looked at in any case. */
    async verify<T extends Verifiable>(rooms: T[], doubted: (room: T) => boolean = () => false): Promise<T[]> {
      const due = (room: T) => (verifiedAt.get(room._id.toHexString()) ?? 0) + VERIFIED_MS <= now() || doubted(room);
      await Promise.all(rooms.filter(due).map(repair));
      return rooms;
    },
  };
}
export type Heads = ReturnType<typeof createHeads>;
