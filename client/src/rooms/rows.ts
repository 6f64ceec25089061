import type { ReceivedMessage, Room } from '@linsta/contracts';
import type { RoomView } from './types.js';

/** What `resume` says of a room. */
export interface ResumedRow {
  lastSeq: number;
  readSeq: number;
  last: ReceivedMessage | undefined;
}

const toLastMessage = ({ _id, senderId, text, seq, createdAt }: ReceivedMessage) => ({ _id, senderId, text, seq, createdAt });
/** The unread number is always derived, never counted up and down. */
const withUnread = (row: RoomView): RoomView => ({ ...row, unreadCount: Math.max(0, row.lastSeq - row.readSeq) });

/** Latest activity first. */
export const compareByActivity = (a: RoomView, b: RoomView): number =>
  a.updatedAt < b.updatedAt ? 1 : a.updatedAt > b.updatedAt ? -1 : a._id < b._id ? 1 : -1;
export const countUnread = (rows: Iterable<RoomView>): number => {
  let sum = 0;
  for (const { unreadCount } of rows) sum += unreadCount;
  return sum;
};

/**
 * A page of the server may be older than what arrived live: the newer side wins, field by field.
 */
export function mergeRoom(known: RoomView | undefined, room: Room, userId: string): RoomView {
  const isOlder = known !== undefined && known.lastSeq > room.lastSeq;
  return withUnread({
    ...room,
    other: room.participants.find(({ _id }) => _id !== userId),
    lastSeq: Math.max(room.lastSeq, known?.lastSeq ?? 0),
    readSeq: Math.max(room.readSeq, known?.readSeq ?? 0),
    othersReadSeq: Math.max(room.othersReadSeq, known?.othersReadSeq ?? 0),
    // Servers before these fields send none.
    othersDeliveredSeq: Math.max(room.othersDeliveredSeq ?? 0, known?.othersDeliveredSeq ?? 0),
    ...(room.lastRev !== undefined && { lastRev: Math.max(room.lastRev, known?.lastRev ?? 0) }),
    ...(isOlder && { lastMessage: known.lastMessage, updatedAt: known.updatedAt }),
  });
}

/**
 * The same row where the message changes nothing. Sending moves the sender's own watermark to the
 * message.
 */
export function applyMessage(row: RoomView, message: ReceivedMessage, userId: string): RoomView {
  const { seq, senderId, createdAt } = message;
  const watermark = senderId === userId ? 'readSeq' : 'othersReadSeq';
  if (seq <= row.lastSeq && seq <= row[watermark]) return row;
  return withUnread({
    ...row,
    ...(seq > row.lastSeq && { lastSeq: seq, updatedAt: createdAt, lastMessage: toLastMessage(message) }),
    [watermark]: Math.max(row[watermark], seq),
  });
}

/** The same row where the watermark is not news. */
export function applyRead(row: RoomView, readerId: string, readSeq: number, userId: string): RoomView {
  const watermark = readerId === userId ? 'readSeq' : 'othersReadSeq';
  return row[watermark] >= readSeq ? row : withUnread({ ...row, [watermark]: readSeq });
}

/** The same row where the delivered mark is not news. */
export const applyDelivered = (row: RoomView, deliveredSeq: number): RoomView =>
  row.othersDeliveredSeq >= deliveredSeq ? row : { ...row, othersDeliveredSeq: deliveredSeq };

/** The same row where the changed message is not its last one. */
export const applyChange = (row: RoomView, { seq, text }: ReceivedMessage): RoomView =>
  row.lastMessage?.seq !== seq || row.lastMessage.text === text ? row : { ...row, lastMessage: { ...row.lastMessage, text } };

export const applyResume = (row: RoomView, { lastSeq, readSeq, last }: ResumedRow): RoomView =>
  withUnread({
    ...row,
    lastSeq: Math.max(row.lastSeq, lastSeq),
    readSeq: Math.max(row.readSeq, readSeq),
    ...(last !== undefined && last.seq > (row.lastMessage?.seq ?? 0) && { updatedAt: last.createdAt, lastMessage: toLastMessage(last) }),
  });
