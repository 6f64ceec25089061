import type { HistoryMessage, Message, Person, ReceivedMessage, Room } from '@linsta/contracts';
import type { PersonRecord } from '@linsta/contracts/internal';
import { collectionSchema } from '@linsta/mongo';
import { Schema, type Connection, type Model, type Types } from 'mongoose';

export interface RoomDocument {
  /**
   * Derived from the pair of participants, see rooms/room-ids.ts: one room per pair under any race.
   */
  _id: Types.ObjectId;
  participants: Types.ObjectId[];
  createdAt: Date;
  /** The summary, a cache of the messages' index, begins here; see rooms/summaries.ts. */
  updatedAt: Date;
  lastSeq: number;
  lastMessage?: LastMessage;
  /** userId → the `seq` up to which this participant has read. It never goes back. */
  reads: Record<string, number>;
  /** userId → the `seq` up to which a device of this participant has received. */
  delivered?: Record<string, number>;
  /** The last `rev` that was given away; see messages/turns.ts. Absent before the first change. */
  lastRev?: number;
  /** Every change up to this `rev` is written. */
  settledRev?: number;
}
/**
 * `seq` is the first field: `$max` compares documents field by field, so the later message wins.
 */
export interface LastMessage {
  seq: number;
  _id: Types.ObjectId;
  senderId: Types.ObjectId;
  text: string;
  createdAt: Date;
}
export interface ReactionDocument {
  emoji: string;
  userIds: Types.ObjectId[];
}
export interface QuoteDocument {
  seq: number;
  senderId: Types.ObjectId;
  excerpt: string;
}
/** A text that an edit replaced. */
export interface EarlierTextDocument {
  _id: Types.ObjectId;
  chatRoomId: Types.ObjectId;
  messageId: Types.ObjectId;
  /** Number of edits before it. */
  version: number;
  text: string;
  writtenAt: Date;
}
export interface MessageDocument {
  _id: Types.ObjectId;
  chatRoomId: Types.ObjectId;
  /** 1, 2, 3, … within its room, allocated by the insert itself under a unique index. */
  seq: number;
  senderId: Types.ObjectId;
  text: string;
  clientMessageId?: string;
  createdAt: Date;
  /** Present until MESSAGE_SENT is published; never set where publishing is switched off. */
  outboxAt?: Date;
  replyTo?: QuoteDocument;
  /** The number of the latest change in its room; the unique index keeps numbers apart. */
  rev?: number;
  reactions?: ReactionDocument[];
  editedAt?: Date;
  /** Number of edits. */
  edits?: number;
}

const lastMessage = new Schema<LastMessage>(
  { seq: Number, senderId: Schema.Types.ObjectId, text: String, createdAt: Date },
  { strict: 'throw' },
);
const roomSchema = collectionSchema<RoomDocument>('rooms', {
  participants: { type: [Schema.Types.ObjectId], required: true },
  createdAt: { type: Date, required: true },
  updatedAt: { type: Date, required: true },
  lastSeq: { type: Number, required: true },
  lastMessage: { type: lastMessage },
  reads: { type: Map, of: Number, required: true },
  delivered: { type: Map, of: Number },
  lastRev: { type: Number },
  settledRev: { type: Number },
});
roomSchema.index({ participants: 1, updatedAt: -1, _id: -1 }, { name: 'participant_activity' });

const quote = new Schema<QuoteDocument>({ seq: Number, senderId: Schema.Types.ObjectId, excerpt: String }, { _id: false, strict: 'throw' });
const reaction = new Schema<ReactionDocument>({ emoji: String, userIds: [Schema.Types.ObjectId] }, { _id: false, strict: 'throw' });
const messageSchema = collectionSchema<MessageDocument>('messages', {
  chatRoomId: { type: Schema.Types.ObjectId, required: true },
  seq: { type: Number, required: true },
  senderId: { type: Schema.Types.ObjectId, required: true },
  text: { type: String, required: true },
  clientMessageId: { type: String },
  createdAt: { type: Date, required: true },
  outboxAt: { type: Date },
  replyTo: { type: quote },
  rev: { type: Number },
  reactions: { type: [reaction], default: undefined },
  editedAt: { type: Date },
  edits: { type: Number },
});
// A bulk write reports a duplicate by the name of its index only, so insert.ts depends on these
// names.
export const SEQ_INDEX = 'room_seq';
export const CLIENT_ID_INDEX = 'room_sender_client';
messageSchema.index({ chatRoomId: 1, seq: 1 }, { unique: true, name: SEQ_INDEX });
messageSchema.index(
  { chatRoomId: 1, senderId: 1, clientMessageId: 1 },
  { unique: true, name: CLIENT_ID_INDEX, partialFilterExpression: { clientMessageId: { $exists: true } } },
);
messageSchema.index({ outboxAt: 1 }, { sparse: true, name: 'outbox' });
messageSchema.index({ chatRoomId: 1, rev: 1 }, { unique: true, name: 'room_rev', partialFilterExpression: { rev: { $exists: true } } });

const earlierTextSchema = collectionSchema<EarlierTextDocument>('earlier_texts', {
  chatRoomId: { type: Schema.Types.ObjectId, required: true },
  messageId: { type: Schema.Types.ObjectId, required: true },
  version: { type: Number, required: true },
  text: { type: String, required: true },
  writtenAt: { type: Date, required: true },
});
earlierTextSchema.index({ chatRoomId: 1, messageId: 1, version: 1 }, { unique: true, name: 'message_version' });

export interface ChatModels {
  Rooms: Model<RoomDocument>;
  Messages: Model<MessageDocument>;
  EarlierTexts: Model<EarlierTextDocument>;
}
export const createModels = (connection: Connection): ChatModels => ({
  Rooms: connection.model<RoomDocument>('Room', roomSchema),
  Messages: connection.model<MessageDocument>('Message', messageSchema),
  EarlierTexts: connection.model<EarlierTextDocument>('EarlierText', earlierTextSchema),
});

const EXCERPT = 140;
/** The beginning of a text, in whole characters. */
export const excerptOf = (text: string): string => [...text.slice(0, EXCERPT * 2)].slice(0, EXCERPT).join('');

type Names = (userId: string) => PersonRecord;

const toChanges = ({ rev, reactions, editedAt }: MessageDocument) => ({
  ...(rev !== undefined && { rev }),
  ...(reactions !== undefined && {
    reactions: reactions.map(({ emoji, userIds }) => ({ emoji, userIds: userIds.map((id) => id.toString()) })),
  }),
  ...(editedAt !== undefined && { editedAt: editedAt.toISOString() }),
});

export function toMessage(doc: MessageDocument): Message {
  return {
    _id: doc._id.toString(),
    chatRoomId: doc.chatRoomId.toString(),
    senderId: doc.senderId.toString(),
    text: doc.text,
    seq: doc.seq,
    createdAt: doc.createdAt.toISOString(),
    ...(doc.clientMessageId !== undefined && { clientMessageId: doc.clientMessageId }),
    ...(doc.replyTo !== undefined && { replyTo: { ...doc.replyTo, senderId: doc.replyTo.senderId.toString() } }),
    ...(doc.rev !== undefined && toChanges(doc)),
  };
}

export function toReceivedMessage(doc: MessageDocument, names: Names): ReceivedMessage {
  const message = toMessage(doc);
  return { ...message, sender: { _id: message.senderId, name: names(message.senderId).name } };
}

/** How a user appears inside a room. */
export type PresentPerson = (user: PersonRecord) => Person;
/** `showEmail: false`: addresses are hidden between participants as well. */
export const createPresenter =
  ({ showEmail }: { showEmail: boolean }): PresentPerson =>
  ({ _id, name, email }) => ({ _id, name, email: showEmail ? email : null });

export function toHistoryMessage(doc: MessageDocument, person: (userId: string) => Person): HistoryMessage {
  const message = toMessage(doc);
  return { ...message, senderId: person(message.senderId) };
}

export const unreadOf = ({ lastSeq, reads }: Pick<RoomDocument, 'lastSeq' | 'reads'>, userId: string): number =>
  Math.max(0, lastSeq - (reads[userId] ?? 0));

/** userId → the `seq` that a device has received: a read message was received, too. */
export function deliveredOf({ reads, delivered = {} }: Pick<RoomDocument, 'reads' | 'delivered'>): Map<string, number> {
  const marks = new Map(Object.entries(reads));
  for (const [userId, seq] of Object.entries(delivered)) marks.set(userId, Math.max(seq, marks.get(userId) ?? 0));
  return marks;
}
/** The highest mark of users that `shows` lets through, up to the last message. */
const highest = (marks: Iterable<[string, number]>, lastSeq: number, shows: (userId: string) => boolean): number =>
  Math.min(lastSeq, Math.max(0, ...[...marks].flatMap(([userId, seq]) => (shows(userId) ? [seq] : []))));

/** `shows`: whether the marks of this other participant are shown to the user. */
export function toRoom(doc: RoomDocument, userId: string, person: (userId: string) => Person, shows: (otherId: string) => boolean): Room {
  const showsOther = (id: string) => id !== userId && shows(id);
  const readSeq = Math.min(doc.reads[userId] ?? 0, doc.lastSeq);
  const last = doc.lastMessage;
  return {
    _id: doc._id.toString(),
    participants: doc.participants.map((id) => person(id.toString())),
    createdAt: doc.createdAt.toISOString(),
    updatedAt: doc.updatedAt.toISOString(),
    lastMessage:
      last === undefined
        ? null
        : {
            _id: last._id.toString(),
            senderId: last.senderId.toString(),
            text: last.text,
            seq: last.seq,
            createdAt: last.createdAt.toISOString(),
          },
    lastSeq: doc.lastSeq,
    readSeq,
    othersReadSeq: highest(Object.entries(doc.reads), doc.lastSeq, showsOther),
    othersDeliveredSeq: highest(deliveredOf(doc), doc.lastSeq, showsOther),
    lastRev: doc.settledRev ?? 0,
    unreadCount: doc.lastSeq - readSeq,
  };
}
