import type { ReceivedMessage } from '@linsta/contracts';
import type { Connection } from './connection.js';
import { LinstaError } from './errors.js';
import { backOffMs, sleep, toLinstaError } from './timing.js';
import type { OutboxEntry, OutboxStorage } from './types.js';

type News = { put: OutboxEntry } | { gone: OutboxEntry };

interface OutboxOptions {
  userId: string;
  storage: OutboxStorage;
  connection: Connection;
  onSent(entry: OutboxEntry, message: ReceivedMessage): void;
  /** The waiting messages of a room are others than before. */
  onChange(chatRoomId: string): void;
}

export interface Outbox {
  waiting(chatRoomId: string): readonly OutboxEntry[];
  add(chatRoomId: string, text: string): OutboxEntry;
  retry(clientMessageId: string): void;
  discard(clientMessageId: string): void;
  /** The server has it, whoever sent it. */
  settle(clientMessageId: string): void;
  close(): void;
}

/** Locks and channels between the tabs of one browser; elsewhere every process is alone. */
const channelOf = (name: string): BroadcastChannel | undefined =>
  typeof window === 'undefined' || typeof BroadcastChannel === 'undefined' ? undefined : new BroadcastChannel(name);
const locksOf = (): LockManager | undefined =>
  typeof navigator === 'undefined' ? undefined : (navigator as { locks?: LockManager }).locks;

/**
 * Messages on their way, in the order in which they were typed: one at a time for each room, kept until the server has acknowledged them. A repeat carries
 * the same `clientMessageId`, so it has one effect. Of several tabs one sends; all of them show what waits.
 */
export function createOutbox({ userId, storage, connection, onSent, onChange }: OutboxOptions): Outbox {
  const entries = new Map<string, OutboxEntry>();
  const busy = new Set<string>();
  const name = `linsta outbox ${userId}`;
  const channel = channelOf(name);
  const ending = new AbortController();
  let leading = false;
  let lastPosition = 0;
  let unfinished: Promise<unknown> = Promise.resolve();

  const waiting = (chatRoomId: string) =>
    [...entries.values()].filter((entry) => entry.chatRoomId === chatRoomId).sort((a, b) => a.position - b.position);
  const changed = (chatRoomId: string) => {
    connection.setWaiting([...entries.values()].filter(({ error }) => error === undefined).length);
    onChange(chatRoomId);
  };
  /** Writes follow each other. A storage that fails costs the reload, not the message. */
  const store = (work: () => Promise<void>) => {
    unfinished = unfinished.then(work).catch(() => undefined);
  };
  const put = (entry: OutboxEntry) => {
    entries.set(entry.clientMessageId, entry);
    store(() => storage.put(entry));
    channel?.postMessage({ put: entry } satisfies News);
    changed(entry.chatRoomId);
  };
  const remove = (entry: OutboxEntry) => {
    if (!entries.delete(entry.clientMessageId)) return;
    store(() => storage.remove(userId, entry.clientMessageId));
    channel?.postMessage({ gone: entry } satisfies News);
    changed(entry.chatRoomId);
  };

  const pump = async (chatRoomId: string) => {
    if (!leading || busy.has(chatRoomId)) return;
    busy.add(chatRoomId);
    try {
      for (let attempt = 0; !ending.signal.aborted && connection.online();) {
        const next = waiting(chatRoomId).find(({ error }) => error === undefined);
        if (next === undefined) return;
        try {
          const { clientMessageId, text } = next;
          const { message } = await connection.ask('send_message', { chatRoomId, text, clientMessageId });
          attempt = 0;
          if (entries.has(clientMessageId)) {
            onSent(next, message);
            remove(next);
          }
        } catch (error) {
          const { retryable, code, message } = toLinstaError(error);
          if (retryable) {
            await sleep(backOffMs(attempt));
            attempt += 1;
          } else if (entries.has(next.clientMessageId)) put({ ...next, error: { code, message } });
        }
      }
    } finally {
      busy.delete(chatRoomId);
    }
  };
  const pumpAll = () => new Set([...entries.values()].map(({ chatRoomId }) => chatRoomId)).forEach((chatRoomId) => void pump(chatRoomId));
  const load = async () => {
    for (const entry of await storage.load(userId).catch(() => [])) {
      if (!entries.has(entry.clientMessageId)) entries.set(entry.clientMessageId, entry);
      lastPosition = Math.max(lastPosition, entry.position);
    }
    new Set([...entries.values()].map(({ chatRoomId }) => chatRoomId)).forEach(changed);
  };
  const lead = async () => {
    // What a tab that has gone left behind is there now.
    await load();
    leading = true;
    pumpAll();
    await new Promise<void>((resolve) => ending.signal.addEventListener('abort', () => resolve()));
  };

  channel?.addEventListener('message', ({ data }: MessageEvent<News>) => {
    if ('put' in data) {
      entries.set(data.put.clientMessageId, data.put);
      lastPosition = Math.max(lastPosition, data.put.position);
      changed(data.put.chatRoomId);
      void pump(data.put.chatRoomId);
    } else if (entries.delete(data.gone.clientMessageId)) changed(data.gone.chatRoomId);
  });
  connection.onOnline(pumpAll);
  const locks = channel === undefined ? undefined : locksOf();
  if (locks === undefined) void lead();
  else {
    void load();
    locks.request(name, { signal: ending.signal }, lead).catch(() => undefined);
  }

  return {
    waiting,
    add(chatRoomId, text) {
      lastPosition = Math.max(lastPosition + 1, Date.now() * 1000);
      const entry: OutboxEntry = {
        userId,
        clientMessageId: crypto.randomUUID(),
        chatRoomId,
        text,
        createdAt: new Date().toISOString(),
        position: lastPosition,
      };
      put(entry);
      void pump(chatRoomId);
      return entry;
    },
    retry(clientMessageId) {
      const entry = entries.get(clientMessageId);
      if (entry?.error === undefined) return;
      const { error: _, ...fresh } = entry;
      put(fresh);
      void pump(fresh.chatRoomId);
    },
    discard(clientMessageId) {
      const entry = entries.get(clientMessageId);
      if (entry === undefined) return;
      if (entry.error === undefined) throw new LinstaError('STILL_SENDING', 'The message is on its way', { retryable: false });
      remove(entry);
    },
    settle(clientMessageId) {
      const entry = entries.get(clientMessageId);
      if (entry !== undefined) remove(entry);
    },
    close() {
      ending.abort();
      channel?.close();
      void unfinished.finally(() => storage.close?.());
    },
  };
}
