import type { Quote } from '@linsta/contracts';

/** A change to a stored message. */
export type OutboxChange = { kind: 'react'; seq: number; emoji: string; on: boolean } | { kind: 'edit'; seq: number; text: string };

/** A message, or a change to one, that the server has not acknowledged. */
export interface OutboxEntry {
  userId: string;
  /** Of a change: the same for every change to the same thing, so that a later one replaces it. */
  clientMessageId: string;
  chatRoomId: string;
  text: string;
  createdAt: string;
  /** The order in which one person typed, over several tabs too. */
  position: number;
  replyTo?: Quote;
  /** With it, the entry is no message, and its text is empty. */
  change?: OutboxChange;
  /** The server's final refusal. */
  error?: { code: string; message: string };
}

/**
 * Where unsent messages survive a reload. Several tabs may call it at once. A call that fails or
 * does not answer costs the message its survival of a reload, never its sending.
 */
export interface OutboxStorage {
  load(userId: string): Promise<OutboxEntry[]>;
  put(entry: OutboxEntry): Promise<void>;
  remove(userId: string, clientMessageId: string): Promise<void>;
  close?(): void;
}
