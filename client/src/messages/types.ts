import type { Store } from '../core/store.js';
import type { LinstaError } from '../errors.js';

interface MessageBase {
  /** Constant while a message goes from sending to sent. */
  key: string;
  chatRoomId: string;
  senderId: string;
  senderName: string;
  text: string;
  createdAt: string;
}
/** Stored by the server. */
export interface SentMessage extends MessageBase {
  status: 'sent';
  _id: string;
  seq: number;
  clientMessageId?: string;
  error?: undefined;
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
} & ({ status: 'loading' | 'ready'; error?: undefined } | { status: 'failed'; error: LinstaError });

export interface Messages extends Store<MessagesState> {
  /**
   * Shown at once and kept until acknowledged. Answers its key. Throws `LinstaError` for a text
   * that can never be sent.
   */
  send(text: string): string;
  /** Sends a failed message again under the same identity. */
  retry(key: string): void;
  /** Removes a failed message. */
  discard(key: string): void;
  loadOlder(): Promise<void>;
  /** Moves the read watermark to `seq`, or to the newest message here. */
  markRead(seq?: number): Promise<void>;
  /** Tries a failed first load again. */
  reload(): Promise<void>;
}
