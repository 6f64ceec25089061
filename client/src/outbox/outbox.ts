import type { Quote, ReceivedMessage } from '@linsta/contracts';
import type { Connection } from '../connection/types.js';
import { startTimer } from '../core/deadline.js';
import { createRandomId } from '../core/random-id.js';
import { sleep } from '../core/retry.js';
import type { Network } from '../core/settings.js';
import { openTabChannel, type OpenTabChannel, type TabChannel } from '../core/tab-channel.js';
import { isTokenRefusal, LinstaError, toLinstaError } from '../errors.js';
import { createPersistence } from './persistence.js';
import type { OutboxChange, OutboxEntry, OutboxStorage } from './types.js';

/** What tabs report to each other. */
type TabNews =
  | { kind: 'stored'; entry: OutboxEntry }
  | { kind: 'removed'; entry: OutboxEntry }
  /** A tab has started: tabs that are sending answer with their entries as `stored`. */
  | { kind: 'started' };

/** A message of another tab is sent by this one, too, if it is still unsent after this time. */
const TAKE_OVER_MS = 3_000;
/** Tabs that are alive answer a starting tab within this time. */
const ROLL_CALL_MS = 250;
const MAX_ENTRIES = 1_000;

/** One unsent change per reaction, and one per edited message. */
export const changeIdOf = (
  chatRoomId: string,
  change: { kind: 'react'; seq: number; emoji: string } | { kind: 'edit'; seq: number },
): string => `${change.kind} ${chatRoomId} ${change.seq}${change.kind === 'react' ? ` ${change.emoji}` : ''}`;

interface OutboxOptions {
  /** Empty until the client knows whose token it has. */
  userId: () => string;
  storage: OutboxStorage;
  connection: Pick<Connection, 'online' | 'onOnline' | 'request' | 'setWaiting'>;
  network: Pick<Network, 'backOff' | 'log'>;
  onSent(entry: OutboxEntry, message: ReceivedMessage): void;
  /** The server has stored a change: this is the message now. */
  onChanged(message: ReceivedMessage): void;
  /** The unsent messages of this room changed. */
  onChange(chatRoomId: string): void;
  openChannel?: OpenTabChannel;
}

export interface Outbox {
  /** Unsent messages and changes of a room in the order in which they were made. */
  unsent(chatRoomId: string): readonly OutboxEntry[];
  add(chatRoomId: string, text: string, replyTo?: Quote): OutboxEntry;
  /** Takes the place of an unsent change to the same thing. */
  change(chatRoomId: string, change: OutboxChange): void;
  retry(clientMessageId: string): void;
  discard(clientMessageId: string): void;
  /** The server has stored this message, whichever device sent it. */
  acknowledged(clientMessageId: string): void;
  /** Loads the stored messages and starts sending; the user must be known. */
  open(): void;
  close(): void;
}

/**
 * Messages on their way: one at a time in each room, in the order in which they were typed, kept
 * until the server has acknowledged them. A repeat carries the same `clientMessageId` and has one
 * effect.
 *
 * Each tab sends the messages typed in it and depends on no other tab. What another tab leaves
 * unsent (closed, crashed, suspended, offline) is sent by every tab that is online; the repeats are
 * harmless.
 */
export function createOutbox(options: OutboxOptions): Outbox {
  const { connection, network, onSent, onChange, openChannel = openTabChannel } = options;
  const entries = new Map<string, OutboxEntry>();
  /**
   * Entries that another tab is probably sending, with the timer after which this tab sends them.
   */
  const heldBack = new Map<string, ReturnType<typeof setTimeout>>();
  /** Entries that were typed or retried in this tab. */
  const own = new Set<string>();
  const sending = new Set<string>();
  const persistence = createPersistence(options.storage, network.log);
  let channel: TabChannel<TabNews> | undefined;
  let opened = false;
  /** The stored messages are in the queue; messages typed before wait behind them. */
  let loaded = false;
  let lastPosition = 0;

  const unsent = (chatRoomId: string) =>
    [...entries.values()].filter((entry) => entry.chatRoomId === chatRoomId).sort((a, b) => a.position - b.position);
  const roomIds = () => new Set([...entries.values()].map(({ chatRoomId }) => chatRoomId));
  const changed = (chatRoomId: string) => {
    connection.setWaiting([...entries.values()].filter(({ error, change }) => error === undefined && change === undefined).length);
    onChange(chatRoomId);
  };
  const release = (clientMessageId: string) => {
    clearTimeout(heldBack.get(clientMessageId));
    heldBack.delete(clientMessageId);
  };
  const holdBack = ({ clientMessageId, chatRoomId }: OutboxEntry, ms: number) => {
    release(clientMessageId);
    const onTime = () => {
      release(clientMessageId);
      void send(chatRoomId);
    };
    // Tabs take over one after another, so that the first one's success stops the rest.
    heldBack.set(clientMessageId, startTimer(onTime, ms * (1 + Math.random() / 2)));
  };
  const take = (entry: OutboxEntry) => {
    entries.set(entry.clientMessageId, entry);
    lastPosition = Math.max(lastPosition, entry.position);
  };
  const put = (entry: OutboxEntry) => {
    take(entry);
    own.add(entry.clientMessageId);
    release(entry.clientMessageId);
    if (opened) persistence.put(entry);
    channel?.post({ kind: 'stored', entry });
    changed(entry.chatRoomId);
  };
  const drop = (clientMessageId: string) => {
    const entry = entries.get(clientMessageId);
    entries.delete(clientMessageId);
    own.delete(clientMessageId);
    release(clientMessageId);
    if (entry !== undefined) changed(entry.chatRoomId);
    return entry;
  };
  const remove = (clientMessageId: string) => {
    const entry = drop(clientMessageId);
    if (entry === undefined) return;
    persistence.remove(entry);
    channel?.post({ kind: 'removed', entry });
  };

  const sendMessage = async (entry: OutboxEntry) => {
    const { chatRoomId, clientMessageId, text, replyTo } = entry;
    const quoting = replyTo === undefined ? {} : { replyTo: replyTo.seq };
    const { message } = await connection.request('send_message', { chatRoomId, text, clientMessageId, ...quoting });
    if (!entries.has(clientMessageId)) return;
    onSent(entry, message);
    remove(clientMessageId);
  };
  const sendChange = async (entry: OutboxEntry, change: OutboxChange) => {
    const { chatRoomId, clientMessageId } = entry;
    const { seq } = change;
    const { message } =
      change.kind === 'react'
        ? await connection.request('react', { chatRoomId, seq, emoji: change.emoji, on: change.on })
        : await connection.request('edit_message', { chatRoomId, seq, text: change.text });
    options.onChanged(message);
    // A later change to the same thing may have taken its place meanwhile.
    if (entries.get(clientMessageId) === entry) remove(clientMessageId);
  };
  const refused = (entry: OutboxEntry, error: { code: string; message: string }) => {
    if (entries.get(entry.clientMessageId) !== entry) return;
    // A refused reaction is taken back; a text is kept for its author.
    if (entry.change?.kind === 'react') remove(entry.clientMessageId);
    else put({ ...entry, error });
  };

  /** Sends what this tab may send of one room, one after another. */
  const send = async (chatRoomId: string) => {
    if (!loaded || sending.has(chatRoomId)) return;
    sending.add(chatRoomId);
    try {
      for (let attempt = 0; opened && connection.online();) {
        const next = unsent(chatRoomId).find(({ error, clientMessageId }) => error === undefined && !heldBack.has(clientMessageId));
        if (next === undefined) return;
        try {
          await (next.change === undefined ? sendMessage(next) : sendChange(next, next.change));
          attempt = 0;
        } catch (error) {
          const { retryable, code, message } = toLinstaError(error);
          // A refused token says nothing about the message: it is sent with the next one.
          if (retryable || isTokenRefusal(code) || code === 'CLOSED') {
            await sleep(network.backOff(attempt));
            attempt += 1;
          } else refused(next, { code, message });
        }
      }
    } finally {
      sending.delete(chatRoomId);
    }
  };
  const sendAll = () => roomIds().forEach((chatRoomId) => void send(chatRoomId));

  const onNews = (news: TabNews) => {
    if (news.kind === 'started') {
      if (!connection.online()) return;
      for (const id of own) {
        const entry = entries.get(id);
        if (entry !== undefined && entry.error === undefined) channel?.post({ kind: 'stored', entry });
      }
    } else if (news.kind === 'removed') drop(news.entry.clientMessageId);
    else {
      const { entry } = news;
      take(entry);
      if (!own.has(entry.clientMessageId)) holdBack(entry, TAKE_OVER_MS);
      changed(entry.chatRoomId);
    }
  };
  const takeStored = (stored: OutboxEntry[]) => {
    for (const entry of stored) {
      if (entries.has(entry.clientMessageId)) continue;
      take(entry);
      // A tab that is sending this entry says so meanwhile, and holds it back for longer.
      if (channel !== undefined) holdBack(entry, ROLL_CALL_MS);
      changed(entry.chatRoomId);
    }
  };
  const load = async () => {
    const late = (stored: OutboxEntry[]) => {
      if (!opened) return;
      takeStored(stored);
      sendAll();
    };
    const stored = await persistence.load(options.userId(), late);
    if (!opened) return;
    channel?.post({ kind: 'started' });
    takeStored(stored);
    // A message typed now must not overtake the messages of an earlier page.
    if (stored.length > 0 && channel !== undefined) await sleep(ROLL_CALL_MS * 2);
    loaded = true;
    sendAll();
  };
  connection.onOnline(sendAll);
  const enqueue = (made: Pick<OutboxEntry, 'clientMessageId' | 'chatRoomId' | 'text' | 'replyTo' | 'change'>): OutboxEntry => {
    if (entries.size >= MAX_ENTRIES && !entries.has(made.clientMessageId))
      throw new LinstaError('OUTBOX_FULL', `More than ${MAX_ENTRIES} messages are unsent`);
    lastPosition = Math.max(lastPosition + 1, Date.now() * 1000);
    const entry: OutboxEntry = { ...made, userId: options.userId(), createdAt: new Date().toISOString(), position: lastPosition };
    put(entry);
    void send(made.chatRoomId);
    return entry;
  };

  return {
    unsent,
    add: (chatRoomId, text, replyTo) =>
      enqueue({ clientMessageId: createRandomId(), chatRoomId, text, ...(replyTo !== undefined && { replyTo }) }),
    change: (chatRoomId, change) => void enqueue({ clientMessageId: changeIdOf(chatRoomId, change), chatRoomId, text: '', change }),
    retry(clientMessageId) {
      const entry = entries.get(clientMessageId);
      if (entry?.error === undefined) return;
      const { error: _, ...fresh } = entry;
      put(fresh);
      void send(fresh.chatRoomId);
    },
    discard(clientMessageId) {
      const entry = entries.get(clientMessageId);
      if (entry === undefined) return;
      if (entry.error === undefined) throw new LinstaError('STILL_SENDING', 'The message is on its way');
      remove(clientMessageId);
    },
    acknowledged: remove,
    open() {
      if (opened) return;
      opened = true;
      loaded = false;
      const userId = options.userId();
      channel = openChannel<TabNews>(`linsta outbox ${userId}`, onNews);
      // Typed before the client knew whose token it has.
      for (const entry of [...entries.values()]) if (own.has(entry.clientMessageId)) put({ ...entry, userId });
      void load();
    },
    close() {
      opened = false;
      for (const id of [...heldBack.keys()]) release(id);
      channel?.close();
      channel = undefined;
      persistence.close();
    },
  };
}
