/** A message that the server has not acknowledged. */
export interface OutboxEntry {
  userId: string;
  clientMessageId: string;
  chatRoomId: string;
  text: string;
  createdAt: string;
  /** The order in which one person typed, over several tabs too. */
  position: number;
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
