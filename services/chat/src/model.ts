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
});
roomSchema.index({ participants: 1, updatedAt: -1, _id: -1 }, { name: 'participant_activity' });

const messageSchema = collectionSchema<MessageDocument>('messages', {
  chatRoomId: { type: Schema.Types.ObjectId, required: true },
  seq: { type: Number, required: true },
  senderId: { type: Schema.Types.ObjectId, required: true },
  text: { type: String, required: true },
  clientMessageId: { type: String },
  createdAt: { type: Date, required: true },
  outboxAt: { type: Date },
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

export interface ChatModels {
  Rooms: Model<RoomDocument>;
  Messages: Model<MessageDocument>;
}
export const createModels = (connection: Connection): ChatModels => ({
  Rooms: connection.model<RoomDocument>('Room', roomSchema),
  Messages: connection.model<MessageDocument>('Message', messageSchema),
});

type Names = (userId: string) => PersonRecord;

export function toMessage(doc: MessageDocument): Message {
  return {
    _id: doc._id.toString(),
    chatRoomId: doc.chatRoomId.toString(),
    senderId: doc.senderId.toString(),
    text: doc.text,
    seq: doc.seq,
    createdAt: doc.createdAt.toISOString(),
    ...(doc.clientMessageId !== undefined && { clientMessageId: doc.clientMessageId }),
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

export function toRoom(doc: RoomDocument, userId: string, person: (userId: string) => Person): Room {
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
    othersReadSeq: Math.min(
      doc.lastSeq,
      Math.max(0, ...Object.entries(doc.reads).flatMap(([reader, seq]) => (reader === userId ? [] : [seq]))),
    ),
    unreadCount: doc.lastSeq - readSeq,
  };
}
