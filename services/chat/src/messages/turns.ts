import { setTimeout as sleep } from 'node:timers/promises';
import { unavailable } from '@linsta/core';
import { trusted, type Types } from 'mongoose';
import type { ChatModels } from '../model';

const MAX_ATTEMPTS = 200;
const LONGEST_WAIT_MS = 40;
/** A turn that another process saw unfinished for this long, on its own clock, is taken over. */
const TAKE_OVER_MS = 2_000;

/** The right to write the next numbers of a room, those after `rev`. */
export interface Turn {
  rev: number;
  /** Whether no other process has taken the turn over. */
  kept(): Promise<boolean>;
  /** Returns the numbers after the first `used` ones. */
  giveBack(used: number): Promise<void>;
}

/**
 * Turns of processes at changing the messages of a room. `lastRev` of the room is the last number
 * that was given away, the index of the messages has the last one that was written: a process that
 * finds the two equal takes the next numbers, so a number is never visible before a lower one.
 */
export function createTurns({ Rooms, Messages }: ChatModels) {
  /** The highest `rev` that a message of the room has, 0 before the first change. */
  const lastWritten = async (chatRoomId: Types.ObjectId): Promise<number> =>
    (
      await Messages.findOne({ chatRoomId, rev: trusted({ $gt: 0 }) }, { rev: 1, _id: 0 })
        .sort({ rev: -1 })
        .lean()
    )?.rev ?? 0;

  const ofRoom = async (_id: Types.ObjectId) => (await Rooms.findOne({ _id }, { lastRev: 1 }).lean())?.lastRev ?? 0;

  return {
    lastWritten,
    /** Throws 503 when other processes leave no turn. */
    async take(chatRoomId: Types.ObjectId, count: number): Promise<Turn> {
      let seen = { given: -1, since: 0 };
      for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
        // In this order: a number written before `written` is read may be given away after `given`.
        const given = await ofRoom(chatRoomId);
        const written = await lastWritten(chatRoomId);
        if (seen.given !== given) seen = { given, since: performance.now() };
        const abandoned = performance.now() - seen.since > TAKE_OVER_MS;
        if (written >= given || abandoned) {
          const takenAt = performance.now();
          const rev = Math.max(given, written);
          const { modifiedCount } = await Rooms.collection.updateOne(
            { _id: chatRoomId, lastRev: given === 0 ? { $in: [0, null] } : given },
            { $set: { lastRev: rev + count, settledRev: written } },
          );
          if (modifiedCount === 1)
            return {
              rev,
              kept: async () => performance.now() - takenAt < TAKE_OVER_MS || (await ofRoom(chatRoomId)) === rev + count,
              giveBack: async (used) => {
                await Rooms.collection.updateOne({ _id: chatRoomId, lastRev: rev + count }, { $set: { lastRev: rev + used } });
              },
            };
        }
        await sleep(Math.random() * LONGEST_WAIT_MS);
      }
      throw unavailable('This room is too busy just now', 1);
    },
  };
}
export type Turns = ReturnType<typeof createTurns>;
