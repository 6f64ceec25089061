import { TYPING_EXPIRES_MS, TYPING_INTERVAL_MS } from '@linsta/contracts';
import { AppError } from '@linsta/core';
import type { Push } from './push';

const MAX_ENTRIES = 50_000;

interface Entry {
  chatRoomId: string;
  userId: string;
  others: string[];
  /** The socket that reported last: the entry ends with it. */
  socketId: string;
  /** The last state that was pushed. */
  shown: boolean;
  /** Typed again before the next `typing: true` is due. */
  pending: boolean;
  /** When the last `typing: true` was pushed. */
  sentAt: number;
  expiresAt: number;
  timer?: NodeJS.Timeout;
}

/**
 * Who is typing where, on this node and in its memory alone. Others get at most one `typing: true`
 * per interval, one `typing: false` after it, and the latter also when the typing user falls silent
 * or disconnects.
 */
export function createTyping({ push, maxEntries = MAX_ENTRIES }: { push: Push; maxEntries?: number }) {
  const entries = new Map<string, Entry>();
  const keyOf = (chatRoomId: string, userId: string) => `${chatRoomId} ${userId}`;

  const show = (entry: Entry, typing: boolean) => {
    const { chatRoomId, userId } = entry;
    entry.shown = typing;
    entry.pending = false;
    if (typing) entry.sentAt = performance.now();
    push(entry.others, 'typing', { chatRoomId, userId, typing });
  };
  const schedule = (entry: Entry) => {
    clearTimeout(entry.timer);
    const due = entry.shown ? entry.expiresAt : entry.sentAt + TYPING_INTERVAL_MS;
    entry.timer = setTimeout(() => onDue(entry), Math.max(0, due - performance.now())).unref();
  };
  const onDue = (entry: Entry) => {
    if (entry.pending) show(entry, true);
    else if (entry.shown) show(entry, false);
    else return void entries.delete(keyOf(entry.chatRoomId, entry.userId));
    schedule(entry);
  };
  const stop = (entry: Entry) => {
    entry.pending = false;
    if (entry.shown) show(entry, false);
    schedule(entry);
  };

  return {
    /** Throws 429 while too many users are typing. */
    set({ typing, ...from }: Pick<Entry, 'chatRoomId' | 'userId' | 'others' | 'socketId'> & { typing: boolean }): void {
      const key = keyOf(from.chatRoomId, from.userId);
      const known = entries.get(key);
      if (!typing) {
        if (known !== undefined) stop(known);
        return;
      }
      if (known === undefined && entries.size >= maxEntries)
        throw new AppError('OVERLOADED', 'Too many users are typing; try again shortly');
      const entry: Entry = known ?? { ...from, shown: false, pending: false, sentAt: -Infinity, expiresAt: 0 };
      entries.set(key, entry);
      entry.socketId = from.socketId;
      entry.expiresAt = performance.now() + TYPING_EXPIRES_MS;
      if (performance.now() - entry.sentAt >= TYPING_INTERVAL_MS) show(entry, true);
      else entry.pending = !entry.shown;
      schedule(entry);
    },
    /** The socket is gone: what it reported last in this room has ended. */
    forget(chatRoomId: string, userId: string, socketId: string): void {
      const entry = entries.get(keyOf(chatRoomId, userId));
      if (entry?.socketId === socketId) stop(entry);
    },
    size: () => entries.size,
  };
}
export type Typing = ReturnType<typeof createTyping>;
