import { z } from 'zod';
import { messageChanges, messageSeq as seq, watermark as seqOrZero } from './changes';
import { freeText, isoTime, objectId, queryInteger } from './common';

export const messageText = freeText(4000, 'Message text empty');
/** Chosen by the client, e.g. a UUID; makes a send safe to repeat. */
export const clientMessageId = z.string().regex(/^[\x21-\x7e]{1,64}$/, 'must be 1 to 64 printable ASCII characters');

/** A person as shown inside a room. E-mail addresses appear only between participants. */
export const person = z.object({ _id: objectId, name: z.string(), email: z.string().nullable() }).meta({ id: 'Person' });

export const openRoomBody = z.strictObject({ otherUserId: objectId });
export const openedRoom = z
  .object({ chatRoomId: objectId, participants: z.array(objectId), createdAt: isoTime })
  .meta({ id: 'OpenedRoom' });

/** As stored and pushed: `senderId` is the id, the name stands beside it. */
export const message = z
  .object({
    _id: objectId,
    chatRoomId: objectId,
    senderId: objectId,
    text: z.string(),
    seq,
    createdAt: isoTime,
    clientMessageId: clientMessageId.optional(),
    ...messageChanges,
  })
  .meta({ id: 'Message' });
export const receivedMessage = message.extend({ sender: z.object({ _id: objectId, name: z.string() }) }).meta({ id: 'ReceivedMessage' });
/** As a history page shows it: `senderId` is the person. */
export const historyMessage = message.omit({ senderId: true }).extend({ senderId: person }).meta({ id: 'HistoryMessage' });

export const room = z
  .object({
    _id: objectId,
    participants: z.array(person),
    createdAt: isoTime,
    updatedAt: isoTime,
    lastMessage: message.pick({ _id: true, senderId: true, text: true, seq: true, createdAt: true }).nullable(),
    lastSeq: seqOrZero,
    readSeq: seqOrZero,
    /** The highest `readSeq` of the other participants. */
    othersReadSeq: seqOrZero,
    /** The highest message that a device of the other participants has received. */
    othersDeliveredSeq: seqOrZero,
    /** Pages read after this answer hold every change up to this `rev`. */
    lastRev: seqOrZero,
    unreadCount: z.number().int().min(0),
  })
  .meta({ id: 'Room' });

const skip = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const onePosition = (page: { skip: number; beforeSeq?: number | undefined; afterSeq?: number | undefined }) =>
  [page.skip > 0, page.beforeSeq !== undefined, page.afterSeq !== undefined].filter(Boolean).length <= 1;
const ONE_POSITION = { error: 'use one of skip, beforeSeq and afterSeq' };

/**
 * Cut from the newest end by `skip` or `beforeSeq`, upwards from `afterSeq`; always answered in
 * ascending `seq`.
 */
export const historyPage = z.object({
  limit: z.number(),
  skip: z.number(),
  beforeSeq: z.number().optional(),
  afterSeq: z.number().optional(),
});
export type HistoryPage = z.infer<typeof historyPage>;

export const historyQuery = z
  .strictObject({
    limit: queryInteger(1, 100).default(50),
    skip: queryInteger(0, Number.MAX_SAFE_INTEGER).default(0),
    beforeSeq: queryInteger(1, Number.MAX_SAFE_INTEGER).optional(),
    afterSeq: queryInteger(0, Number.MAX_SAFE_INTEGER).optional(),
  })
  .refine(onePosition, ONE_POSITION);
export const roomsQuery = z.strictObject({ limit: queryInteger(1, 100).default(50), skip: queryInteger(0, 1_000_000).default(0) });

export const sendBody = z.strictObject({
  text: messageText,
  clientMessageId: clientMessageId.optional(),
  /** The `seq` of the message that this one answers. */
  replyTo: seq.optional(),
});
export const editBody = z.strictObject({ text: messageText });
export const editMessagePayload = z.strictObject({ chatRoomId: objectId, seq, text: messageText });
/** A message by its place in its room. */
export const messageParams = z.object({ chatRoomId: objectId, seq: queryInteger(1, Number.MAX_SAFE_INTEGER) });
export const readBody = z.strictObject({ seq: seqOrZero });
export const readState = z
  .object({ chatRoomId: objectId, readSeq: seqOrZero, unreadCount: z.number().int().min(0) })
  .meta({ id: 'ReadState' });
export const unread = z.object({ chat: z.number().int().min(0), notifications: z.number().int().min(0) }).meta({ id: 'Unread' });

export const joinRoomPayload = z.strictObject({ chatRoomId: objectId });
export const sendMessagePayload = sendBody.extend({ chatRoomId: objectId });
export const getHistoryPayload = z
  .strictObject({
    chatRoomId: objectId,
    limit: z.number().int().min(1).max(100).default(50),
    skip: skip.default(0),
    beforeSeq: seq.optional(),
    afterSeq: seqOrZero.optional(),
  })
  .refine(onePosition, ONE_POSITION);
export const markReadPayload = z.strictObject({ chatRoomId: objectId, seq: seqOrZero });

/** A user who goes on typing repeats `typing: true`; it ends by itself after this time. */
export const TYPING_EXPIRES_MS = 6_000;
/** Others get at most one `typing: true` of a user and room within this time. */
export const TYPING_INTERVAL_MS = 2_000;
export const typingBody = z.strictObject({ typing: z.boolean() });
export const typingPayload = typingBody.extend({ chatRoomId: objectId });

/** More than this many missed in one room: the room is reset instead. */
export const RESUME_LIMIT = 200;
/** `afterRev`: changes to messages up to `afterSeq` are wanted from this number on. */
export const resumePoint = z.strictObject({ chatRoomId: objectId, afterSeq: seqOrZero, afterRev: seqOrZero.optional() });
export const resumePayload = z.strictObject({ rooms: z.array(resumePoint).max(1000), notificationsAfter: objectId.optional() });
export const resumedRoom = z
  .object({
    chatRoomId: objectId,
    lastSeq: seqOrZero,
    readSeq: seqOrZero,
    messages: z.array(receivedMessage),
    /** With `afterRev`: every change up to here is in this answer, or was known before. */
    lastRev: seqOrZero,
    /** Messages up to `afterSeq` that changed after `afterRev`, as they are now. */
    changed: z.array(receivedMessage),
    reset: z.boolean(),
  })
  .meta({ id: 'ResumedRoom' });

export type Person = z.infer<typeof person>;
export type Message = z.infer<typeof message>;
export type ReceivedMessage = z.infer<typeof receivedMessage>;
export type HistoryMessage = z.infer<typeof historyMessage>;
export type Room = z.infer<typeof room>;
export type OpenedRoom = z.infer<typeof openedRoom>;
export type ReadState = z.infer<typeof readState>;
export type Unread = z.infer<typeof unread>;
export type ResumePoint = z.infer<typeof resumePoint>;
export type ResumedRoom = z.infer<typeof resumedRoom>;
export type SendMessage = z.infer<typeof sendMessagePayload>;
