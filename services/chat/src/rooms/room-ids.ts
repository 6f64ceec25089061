import { createHash, createHmac, hkdfSync } from 'node:crypto';
import { Types } from 'mongoose';

const ID_BYTES = 12;
const KEY_BYTES = 32;

const pairOf = (userId: string, otherUserId: string) => [userId, otherUserId].sort().join(':');
const toId = (digest: Buffer) => new Types.ObjectId(digest.subarray(0, ID_BYTES));

/** The key of an installation without ROOM_ID_SECRET. */
export const roomKeyOf = (serviceSecret: string): Buffer =>
  Buffer.from(hkdfSync('sha256', serviceSecret, '', 'linsta room ids', KEY_BYTES));

/**
 * The id of the room of two users: 96 bits of a keyed hash of the sorted pair. The same pair always
 * has the same id, without a second unique index, and strangers cannot compute it.
 */
export function createRoomIds(key: string | Buffer) {
  return (userId: string, otherUserId: string): Types.ObjectId =>
    toId(createHmac('sha256', key).update(pairOf(userId, otherUserId)).digest());
}
export type RoomIdOf = ReturnType<typeof createRoomIds>;

/** The id of rooms that version 0.2 opened, by an unkeyed hash. They stay valid. */
export const unkeyedRoomId = (userId: string, otherUserId: string): Types.ObjectId =>
  toId(
    createHash('sha256')
      .update(`linsta room ${pairOf(userId, otherUserId)}`)
      .digest(),
  );
