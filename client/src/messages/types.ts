import type { Quote, Reaction } from '@linsta/contracts';
import type { Store } from '../core/store.js';
import type { LinstaError } from '../errors.js';

export type { Quote, Reaction } from '@linsta/contracts';

interface MessageBase {
  /** Constant while a message goes from sending to sent. */
  key: string;
  chatRoomId: string;
  senderId: string;
  senderName: string;
  text: string;
  createdAt: string;
  /** The message that this one answers. */
  replyTo?: Quote;
}
/** Stored by the server. */
export interface SentMessage extends MessageBase {
  status: 'sent';
  _id: string;
  seq: number;
  clientMessageId?: string;
  error?: undefined;
  /** Number of the latest change in the room; 0: never changed. */
  rev: number;
  /** With the own unsent ones; of one emoji, users in the order in which they reacted. */
  reactions: readonly Reaction[];
  editedAt?: string;
  /** An own edit that the server has not acknowledged; with `error`, its final refusal. */
  edit?: { text: string; error?: { code: string; message: string } };
}
/** An own message that the server has not acknowledged; `failed` is the server's final refusal. */
export type UnsentMessage = MessageBase & { clientMessageId: string; _id?: undefined; seq?: undefined } & (
    { status: 'sending'; error?: undefined } | { status: 'failed'; error: { code: string; message: string } }
  );
export type MessageView = SentMessage | UnsentMessage;

export type MessagesState = {
  /** Stored messages in `seq` order, then the unsent ones in the order in which they were typed. */
  messages: MessageView[];
  /** The server has older messages than the ones here. */
  hasOlder: boolean;
  loadingOlder: boolean;
  lastSeq: number;
  readSeq: number;
  othersReadSeq: number;
  othersDeliveredSeq: number;
} & ({ status: 'loading' | 'ready'; error?: undefined } | { status: 'failed'; error: LinstaError });

export interface Messages extends Store<MessagesState> {
  /**
   * Shown at once and kept until acknowledged. Answers its key. Throws `LinstaError` for a text
   * that can never be sent.
   */
  send(text: string, options?: { replyTo?: SentMessage }): string;
  /** Sends a failed message again under the same identity. */
  retry(key: string): void;
  /** Removes a failed message. */
  discard(key: string): void;
  /** Reacts to a stored message, or withdraws: shown at once, kept until acknowledged. */
  react(seq: number, emoji: string, on: boolean): void;
  /** Edits an own message: shown at once, kept until acknowledged. Throws like `send`. */
  edit(seq: number, text: string): void;
  /** Sends a refused edit again. */
  retryEdit(seq: number): void;
  /** Forgets a refused edit. */
  discardEdit(seq: number): void;
  loadOlder(): Promise<void>;
  /** Loads older messages until `seq` is here; answers whether it is. */
  reach(seq: number): Promise<boolean>;
  /** Moves the read watermark to `seq`, or to the newest message here. */
  markRead(seq?: number): Promise<void>;
  /** Tries a failed first load again. */
  reload(): Promise<void>;
}
