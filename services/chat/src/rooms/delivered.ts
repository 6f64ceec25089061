import type { BatchedMark, MarkOutcome } from '@linsta/contracts/internal';
import type { Logger } from '@linsta/core';
import { trusted, Types } from 'mongoose';
import type { Sequence } from '../messages/sequence';
import { deliveredOf, type ChatModels } from '../model';
import { createOutcomeQueue, failed } from '../outcomes';
import { refusalOf, type Participants } from './participants';
import type { Audience } from './receipts';

/**
 * Delivered marks: up to which message some device of a participant has received a room. They come
 * often and in bulk, so that those that come together are one read and one write.
 */
export function createDelivered(options: {
  models: ChatModels;
  participants: Participants;
  sequence: Sequence;
  audience: Audience;
  logger: Logger;
  maxWaiting: number;
}) {
  const { Rooms } = options.models;
  const { participants, sequence, audience, logger } = options;

  /** A mark never passes the last message. */
  const bounded = async (chatRoomId: string, seq: number): Promise<number> => {
    if ((await sequence.last(chatRoomId)) >= seq) return seq;
    return Math.min(seq, await sequence.lastStored(new Types.ObjectId(chatRoomId)));
  };

  const markBatch = async (batch: BatchedMark[]): Promise<MarkOutcome[]> => {
    const members = await participants.of(batch.map(({ chatRoomId }) => chatRoomId));
    const refusals = batch.map(({ chatRoomId, userId }) => refusalOf(members.get(chatRoomId), userId));
    const permitted = batch.filter((_, at) => refusals[at] === undefined);
    const ids = [...new Set(permitted.map(({ chatRoomId }) => chatRoomId))].map((id) => new Types.ObjectId(id));
    const stored = ids.length === 0 ? [] : await Rooms.find({ _id: trusted({ $in: ids }) }, { delivered: 1, reads: 1 }).lean();
    const marks = new Map(stored.map((room) => [room._id.toHexString(), deliveredOf(room)]));
    const writes: { updateOne: { filter: object; update: object } }[] = [];
    const outcomes = await Promise.all(
      batch.map(async ({ chatRoomId, userId, seq }, at): Promise<MarkOutcome> => {
        const refusal = refusals[at];
        if (refusal !== undefined) return failed(refusal);
        const known = marks.get(chatRoomId);
        const before = known?.get(userId) ?? 0;
        const deliveredSeq = seq <= before ? before : await bounded(chatRoomId, seq);
        if (deliveredSeq <= (known?.get(userId) ?? 0)) return { ok: true, deliveredSeq: before, audience: [] };
        known?.set(userId, deliveredSeq);
        writes.push({
          updateOne: { filter: { _id: new Types.ObjectId(chatRoomId) }, update: { $max: { [`delivered.${userId}`]: deliveredSeq } } },
        });
        const told = await audience(members.get(chatRoomId) ?? [], userId);
        return { ok: true, deliveredSeq, audience: told.filter((id) => id !== userId) };
      }),
    );
    if (writes.length > 0) await Rooms.collection.bulkWrite(writes, { ordered: false });
    return outcomes;
  };

  return createOutcomeQueue<BatchedMark, MarkOutcome>({ name: 'delivered marks', send: markBatch, maxWaiting: options.maxWaiting, logger });
}
export type Delivered = ReturnType<typeof createDelivered>;
