import type { BatchedChange } from '@linsta/contracts/internal';
import { internalError, toAppError, unavailable, type AppError, type Logger } from '@linsta/core';
import { duplicateFaults } from '@linsta/mongo';
import { trusted, Types } from 'mongoose';
import type { ChatModels, MessageDocument } from '../model';
import { replacedBy, revise, type Replaced } from './revise';
import type { Turns } from './turns';

const MAX_CLASHES = 20;
/** Messages of one turn. */
const MAX_WRITES = 100;

/** `pushed`: devices are to be sent this state; the last change of a write carries that of all. */
export type RoomOutcome = { message: MessageDocument; pushed: boolean } | AppError;

/** A message as it is stored and as the changes of a batch make it. */
interface Revision {
  before: MessageDocument;
  after: MessageDocument;
  replaced: Replaced[];
  changes: BatchedChange[];
}

/**
 * Applies changes to messages of one room. Changes to the same message are one write with one
 * `rev`. One outcome per change; never throws.
 */
export function createRoomChange(options: {
  models: ChatModels;
  turns: Turns;
  logger: Logger;
  editWindowSeconds: number;
  now: () => Date;
}) {
  const { Messages, EarlierTexts } = options.models;
  const { turns, logger, now } = options;

  const toOperation = ({ before, after }: Revision, rev: number) => {
    const { reactions, text, editedAt, edits } = after;
    return {
      updateOne: {
        filter: { chatRoomId: before.chatRoomId, _id: before._id, rev: before.rev ?? { $exists: false } },
        update: {
          $set: { rev, ...(reactions !== undefined && { reactions }), ...(edits !== undefined && { text, edits, editedAt }) },
          ...(reactions === undefined && before.reactions !== undefined && { $unset: { reactions: 1 } }),
        },
      },
    };
  };
  const keepReplaced = async (revisions: Revision[]) => {
    const texts = revisions.flatMap(({ before: { chatRoomId, _id: messageId }, replaced }) =>
      replaced.map(({ version, ...earlier }) => ({
        updateOne: { filter: { chatRoomId, messageId, version }, update: { $set: earlier }, upsert: true },
      })),
    );
    if (texts.length > 0) await EarlierTexts.collection.bulkWrite(texts);
  };

  /** Whether all messages were as they were read, and now have the numbers after `rev`. */
  const write = async (revisions: Revision[], rev: number): Promise<boolean> => {
    if (revisions.length === 0) return true;
    // The earlier texts first: after a crash between the two they are overwritten, never missing.
    await keepReplaced(revisions);
    try {
      // In order, so that a number is never visible before a lower one.
      const operations = revisions.map((revision, at) => toOperation(revision, rev + 1 + at));
      const { modifiedCount } = await Messages.collection.bulkWrite(operations, { ordered: true });
      return modifiedCount === revisions.length;
    } catch (error) {
      if (duplicateFaults(error) === undefined) throw error;
      return false;
    }
  };

  return async (roomId: string, changes: BatchedChange[]): Promise<Map<BatchedChange, RoomOutcome>> => {
    const chatRoomId = new Types.ObjectId(roomId);
    const outcomes = new Map<BatchedChange, RoomOutcome>();
    const pendingOf = () => changes.filter((change) => !outcomes.has(change));
    /** Messages that need a new `rev` in any case. */
    const late = new Set<number>();

    /** Plans one write per message; settles changes that are refused or change nothing. */
    const plan = async (): Promise<Revision[]> => {
      const pending = pendingOf();
      const stored = await Messages.find({ chatRoomId, seq: trusted({ $in: [...new Set(pending.map(({ seq }) => seq))] }) })
        .sort({ seq: 1 })
        .lean();
      const revisions = new Map<number, Revision>();
      for (const message of stored) revisions.set(message.seq, { before: message, after: message, replaced: [], changes: [] });
      for (const change of pending) {
        const revision = revisions.get(change.seq);
        try {
          const next = revise(revision?.after, change, { now: now(), windowSeconds: options.editWindowSeconds });
          if (revision === undefined) continue;
          if (next === revision.after && revision.changes.length === 0 && !late.has(change.seq))
            outcomes.set(change, { message: next, pushed: false });
          else {
            revision.replaced.push(...replacedBy(revision.after, next));
            revision.after = next;
            revision.changes.push(change);
          }
        } catch (error) {
          outcomes.set(change, toAppError(error) ?? internalError());
        }
      }
      return [...revisions.values()].filter((revision) => revision.changes.length > 0).slice(0, MAX_WRITES);
    };

    /** Writes under one turn; what a clash may have left unwritten stays pending. */
    const writeAll = async (count: number) => {
      const turn = await turns.take(chatRoomId, count);
      // Read again: until the turn began, other processes may have changed the messages.
      const revisions = (await plan()).slice(0, count);
      if (!(await write(revisions, turn.rev)) || !(await turn.kept())) {
        // Another process took over and may have given later numbers to other messages, which
        // devices have got: these messages get a number after those.
        for (const { before } of revisions) late.add(before.seq);
        return;
      }
      if (revisions.length < count) await turn.giveBack(revisions.length);
      for (const [at, { after, changes: applied, before }] of revisions.entries()) {
        late.delete(before.seq);
        const message = { ...after, rev: turn.rev + 1 + at };
        applied.forEach((change, which) => outcomes.set(change, { message, pushed: which === applied.length - 1 }));
      }
    };

    try {
      for (let clashes = 0; pendingOf().length > 0; clashes += 1) {
        if (clashes > MAX_CLASHES) throw unavailable('This room is too busy just now', 1);
        const revisions = await plan();
        if (revisions.length > 0) await writeAll(revisions.length);
      }
    } catch (error) {
      const known = toAppError(error);
      if (known === undefined) logger.error({ err: error }, 'message change failed');
      for (const change of pendingOf()) outcomes.set(change, known ?? internalError());
    }
    return outcomes;
  };
}
