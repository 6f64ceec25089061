import type { HistoryMessage, ReceivedMessage } from '@linsta/contracts';
import { LinstaError } from './errors.js';
import type { Outbox } from './outbox.js';
import { createStore } from './store.js';
import { backOffMs, sleep, toLinstaError } from './timing.js';
import type { Call, Messages, MessagesState, MessageView, OutboxEntry } from './types.js';

const PAGE = 50;
/** Further up one scrolls faster than one reads. */
const OLDER_PAGE = 100;
const FILL_PAGE = 100;
/** What arrives early waits this long for what is before it; then that is fetched. */
const SETTLE_MS = 150;
/** A room that nobody looks at keeps this many. */
const KEPT_UNWATCHED = 50;
/** A room that somebody looks at keeps at most so many; older ones are fetched again when they are scrolled to. */
const KEPT_WATCHED = 10_000;
/** A gap this wide is not filled: the newest page is taken instead. */
const WIDEST_GAP = 1_000;
const MAX_CODE_POINTS = 4_000;

export interface RoomSync {
  lastSeq: number;
  readSeq: number;
  othersReadSeq: number;
}

interface MessagesOptions {
  chatRoomId: string;
  userId: () => string;
  ownName: () => string;
  call: Call;
  outbox: () => Outbox;
  markRead: (chatRoomId: string, seq: number) => Promise<void>;
  onUnwatched: () => void;
  onWatched: () => void;
}

export interface RoomMessages extends Messages {
  place(message: ReceivedMessage): void;
  /** What `resume` said of this room. */
  resumed(messages: ReceivedMessage[], reset: boolean): void;
  synced(sync: RoomSync): void;
  refresh(): void;
  /** The highest `seq` held without a gap; undefined where nothing was loaded yet. */
  top(): number | undefined;
  watched(): boolean;
}

type Stored = MessageView & { _id: string; seq: number };

const toStored = (message: ReceivedMessage | HistoryMessage): Stored => {
  const { _id, chatRoomId, text, seq, createdAt, clientMessageId } = message;
  const sender = 'sender' in message ? message.sender : message.senderId;
  return {
    key: clientMessageId === undefined ? _id : `${sender._id} ${clientMessageId}`,
    status: 'sent',
    _id,
    chatRoomId,
    senderId: sender._id,
    senderName: sender.name,
    text,
    seq,
    createdAt,
    ...(clientMessageId !== undefined && { clientMessageId }),
  };
};

/** One room's messages: what is stored without a gap in `seq` order, then what is on its way. */
export function createMessages(options: MessagesOptions): RoomMessages {
  const { chatRoomId, call } = options;
  let held: Stored[] = [];
  let loaded = false;
  const early = new Map<number, Stored>();
  let loading: Promise<void> | undefined;
  let older: Promise<void> | undefined;
  let filling = false;
  let settling: ReturnType<typeof setTimeout> | undefined;
  let generation = 0;

  const state = createStore<MessagesState>(
    { status: 'loading', messages: [], hasOlder: false, loadingOlder: false, lastSeq: 0, readSeq: 0, othersReadSeq: 0 },
    () => {
      options.onWatched();
      void load();
      return () => {
        trim();
        options.onUnwatched();
      };
    },
  );

  const toPending = (entry: OutboxEntry): MessageView => ({
    key: `${entry.userId} ${entry.clientMessageId}`,
    status: entry.error === undefined ? 'sending' : 'failed',
    chatRoomId,
    senderId: entry.userId,
    senderName: options.ownName(),
    text: entry.text,
    createdAt: entry.createdAt,
    clientMessageId: entry.clientMessageId,
    ...(entry.error !== undefined && { error: entry.error }),
  });
  const show = (patch: Partial<MessagesState> = {}) => {
    const { error: _, ...before } = state.get();
    const stored = new Set(held.slice(-500).map(({ key }) => key));
    const pending = options
      .outbox()
      .waiting(chatRoomId)
      .map(toPending)
      .filter(({ key }) => !stored.has(key));
    state.set({
      ...before,
      messages: [...held, ...pending],
      hasOlder: (held[0]?.seq ?? 1) > 1,
      lastSeq: Math.max(before.lastSeq, held.at(-1)?.seq ?? 0),
      ...patch,
    });
  };
  const trim = () => {
    const kept = state.watched() ? KEPT_WATCHED : KEPT_UNWATCHED;
    if (held.length > kept) held = held.slice(-kept);
  };
  const settle = (messages: Stored[]) => {
    const own = options.userId();
    for (const { senderId, clientMessageId } of messages)
      if (senderId === own && clientMessageId !== undefined) options.outbox().settle(clientMessageId);
  };

  /** Takes the early ones that fit now; fetches what is missing before the others. */
  const advance = () => {
    const taken: Stored[] = [];
    for (let next = (held.at(-1)?.seq ?? 0) + 1; ; next += 1) {
      const message = early.get(next);
      if (message === undefined) break;
      early.delete(next);
      taken.push(message);
    }
    if (taken.length > 0) {
      held = [...held, ...taken];
      trim();
      show();
      settle(taken);
    }
    settleSoon();
  };
  /** The highest `seq` known to be stored, held or not. */
  const wanted = () => Math.max(state.get().lastSeq, ...early.keys());
  const settleSoon = () => {
    if (!loaded || settling !== undefined || filling || wanted() <= (held.at(-1)?.seq ?? 0)) return;
    settling = setTimeout(() => {
      settling = undefined;
      void fill();
    }, SETTLE_MS);
  };
  const noteEarly = (message: Stored) => {
    const top = held.at(-1)?.seq ?? 0;
    if (message.seq > top) early.set(message.seq, message);
  };
  const replace = (messages: Stored[]) => {
    generation += 1;
    held = messages;
    loaded = true;
    for (const seq of early.keys()) if (seq <= (held.at(-1)?.seq ?? 0)) early.delete(seq);
    show({ status: 'ready' });
    settle(messages);
    advance();
  };
  const page = async (query: { limit: number; afterSeq?: number; beforeSeq?: number }) =>
    (await call('GET /api/chat/messages/:chatRoomId', { params: { chatRoomId }, query })).map(toStored);

  const fill = async () => {
    if (filling || !loaded) return;
    filling = true;
    try {
      for (let attempt = 0; ;) {
        const top = held.at(-1)?.seq ?? 0;
        if (wanted() <= top) return;
        try {
          if (wanted() - top > WIDEST_GAP) {
            early.clear();
            replace(await page({ limit: PAGE }));
            return;
          }
          const found = await page({ limit: FILL_PAGE, afterSeq: top });
          if (found.length === 0) return void early.clear();
          found.forEach(noteEarly);
          advance();
          attempt = 0;
        } catch (error) {
          if (!toLinstaError(error).retryable || attempt >= 5) return;
          await sleep(backOffMs(attempt));
          attempt += 1;
        }
      }
    } finally {
      filling = false;
    }
  };
  const load = (): Promise<void> => {
    if (loaded) return Promise.resolve();
    loading ??= (async () => {
      try {
        show({ status: 'loading' });
        const newest = await page({ limit: PAGE });
        if (!loaded) replace(newest);
      } catch (error) {
        if (!loaded) show({ status: 'failed', error: toLinstaError(error) });
      }
    })().finally(() => (loading = undefined));
    return loading;
  };

  return {
    get: state.get,
    subscribe: state.subscribe,
    watched: state.watched,
    top: () => (loaded ? (held.at(-1)?.seq ?? 0) : undefined),
    refresh: () => show(),
    reload: load,
    place(message) {
      noteEarly(toStored(message));
      if (loaded) advance();
      else if (early.size > KEPT_UNWATCHED) early.delete(Math.min(...early.keys()));
    },
    resumed(messages, reset) {
      if (!loaded) return;
      // Too much for one answer: the room starts afresh, with what came along or else with the newest page.
      if (reset && messages.length === 0) return void page({ limit: PAGE }).then(replace, () => undefined);
      if (reset) return replace(messages.map(toStored));
      messages.map(toStored).forEach(noteEarly);
      advance();
    },
    synced({ lastSeq, readSeq, othersReadSeq }) {
      const now = state.get();
      if (now.lastSeq >= lastSeq && now.readSeq >= readSeq && now.othersReadSeq >= othersReadSeq) return;
      state.set({
        ...now,
        lastSeq: Math.max(now.lastSeq, lastSeq),
        readSeq: Math.max(now.readSeq, readSeq),
        othersReadSeq: Math.max(now.othersReadSeq, othersReadSeq),
      });
      settleSoon();
    },
    send(text) {
      if (text.trim() === '') throw new LinstaError('BAD_REQUEST', 'Message text empty', { retryable: false });
      if ([...text.trim()].length > MAX_CODE_POINTS)
        throw new LinstaError('BAD_REQUEST', `A message has at most ${MAX_CODE_POINTS} characters`, { retryable: false });
      const { userId, clientMessageId } = options.outbox().add(chatRoomId, text);
      return `${userId} ${clientMessageId}`;
    },
    retry: (key) => options.outbox().retry(key.split(' ')[1] ?? ''),
    discard: (key) => options.outbox().discard(key.split(' ')[1] ?? ''),
    loadOlder() {
      const lowest = held[0]?.seq;
      if (!loaded || lowest === undefined || lowest <= 1 || held.length >= KEPT_WATCHED) return Promise.resolve();
      older ??= (async () => {
        const before = generation;
        show({ loadingOlder: true });
        try {
          const found = await page({ limit: OLDER_PAGE, beforeSeq: lowest });
          if (before === generation && held[0]?.seq === lowest) held = [...found, ...held];
        } finally {
          show({ loadingOlder: false });
        }
      })().finally(() => (older = undefined));
      return older;
    },
    async markRead(seq) {
      const upTo = seq ?? held.at(-1)?.seq ?? 0;
      if (upTo > state.get().readSeq) await options.markRead(chatRoomId, upTo);
    },
  };
}
