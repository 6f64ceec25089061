import type { ReceivedMessage } from '@linsta/contracts';
import { startTimer } from '../core/deadline.js';
import { sleep } from '../core/retry.js';
import type { Network } from '../core/settings.js';
import { createStore } from '../core/store.js';
import { LinstaError, toLinstaError } from '../errors.js';
import type { Call } from '../http/types.js';
import type { Outbox } from '../outbox/outbox.js';
import type { OutboxEntry } from '../outbox/types.js';
import * as lines from './timeline.js';
import type { Messages, MessagesState, MessageView, SentMessage } from './types.js';

const PAGE = 50;
/** Scrolling up is faster than reading. */
const OLDER_PAGE = 100;
const FILL_PAGE = 100;
/** A message above a gap waits this long for its predecessors before they are fetched. */
const GAP_PATIENCE_MS = 150;
const FILL_ATTEMPTS = 5;
/** Messages kept of a room without listeners. */
const KEPT_UNWATCHED = 50;
/**
 * Messages kept of a room with listeners; older ones are fetched again when they are scrolled to.
 */
const KEPT_WATCHED = 10_000;
/** A wider gap is not filled: the newest page replaces the list. */
const WIDEST_GAP = 1_000;
const MAX_CODE_POINTS = 4_000;
/** How many of the newest stored messages may be in the outbox still. */
const RECENT = 500;

/** Watermarks of a room; 0 where a source does not say. */
export interface RoomWatermarks {
  lastSeq: number;
  readSeq: number;
  othersReadSeq: number;
}

interface MessagesOptions {
  chatRoomId: string;
  userId: () => string;
  ownName: () => string;
  call: Call;
  network: Pick<Network, 'backOff'>;
  outbox: () => Outbox;
  markRead: (chatRoomId: string, seq: number) => Promise<void>;
  onUnwatched: () => void;
  onWatched: () => void;
}

export interface RoomMessages extends Messages {
  received(message: ReceivedMessage): void;
  /** The part of a `resume` answer for this room. */
  resumed(messages: ReceivedMessage[], reset: boolean): void;
  setWatermarks(watermarks: RoomWatermarks): void;
  /** The unsent messages changed. */
  refresh(): void;
  /** The highest `seq` held without a gap; undefined before the first load. */
  topSeq(): number | undefined;
  watched(): boolean;
}

const toView = (entry: OutboxEntry, senderName: string): MessageView => ({
  key: `${entry.userId} ${entry.clientMessageId}`,
  chatRoomId: entry.chatRoomId,
  senderId: entry.userId,
  senderName,
  text: entry.text,
  createdAt: entry.createdAt,
  clientMessageId: entry.clientMessageId,
  ...(entry.error === undefined ? { status: 'sending' } : { status: 'failed', error: entry.error }),
});
const clientMessageIdOf = (key: string) => key.split(' ')[1] ?? '';

/** One room's messages: the stored ones without a gap in `seq` order, then the unsent ones. */
export function createMessages(options: MessagesOptions): RoomMessages {
  const { chatRoomId, call } = options;
  let timeline = lines.emptyTimeline;
  let loaded = false;
  let loading: Promise<void> | undefined;
  let loadingOlder: Promise<void> | undefined;
  let filling = false;
  let gapTimer: ReturnType<typeof setTimeout> | undefined;

  const state = createStore<MessagesState>(
    { status: 'loading', messages: [], hasOlder: false, loadingOlder: false, lastSeq: 0, readSeq: 0, othersReadSeq: 0 },
    () => {
      options.onWatched();
      void load();
      return () => {
        timeline = lines.keepNewest(timeline, KEPT_UNWATCHED);
        options.onUnwatched();
      };
    },
  );
  const show = (patch: Partial<MessagesState> = {}) => {
    const { error: _, ...before } = state.get();
    const stored = new Set(timeline.held.slice(-RECENT).map(({ key }) => key));
    const unsent = options
      .outbox()
      .unsent(chatRoomId)
      .map((entry) => toView(entry, options.ownName()))
      .filter(({ key }) => !stored.has(key));
    state.set({
      ...before,
      messages: [...timeline.held, ...unsent],
      hasOlder: lines.hasOlder(timeline),
      lastSeq: Math.max(before.lastSeq, lines.topSeqOf(timeline)),
      ...patch,
    } as MessagesState);
  };
  const acknowledge = (messages: readonly SentMessage[]) => {
    const own = options.userId();
    for (const { senderId, clientMessageId } of messages)
      if (senderId === own && clientMessageId !== undefined) options.outbox().acknowledged(clientMessageId);
  };
  /** Takes `next` over and shows what it adds. */
  const advance = (next: lines.Timeline) => {
    const added = next.held.length - timeline.held.length;
    timeline = lines.keepNewest(next, state.watched() ? KEPT_WATCHED : KEPT_UNWATCHED);
    if (added > 0) {
      show();
      acknowledge(next.held.slice(-added));
    }
    fillSoon();
  };
  const replace = (page: SentMessage[]) => {
    timeline = lines.replaceHeld(timeline, page);
    loaded = true;
    show({ status: 'ready' });
    acknowledge(timeline.held);
    fillSoon();
  };
  const fetchPage = async (query: { limit: number; afterSeq?: number; beforeSeq?: number }) =>
    (await call('GET /api/chat/messages/:chatRoomId', { params: { chatRoomId }, query })).map(lines.toSentMessage);

  const fillSoon = () => {
    if (!loaded || filling || lines.planGap(timeline, WIDEST_GAP).kind === 'complete') return;
    gapTimer ??= startTimer(() => {
      gapTimer = undefined;
      void fill();
    }, GAP_PATIENCE_MS);
  };
  /** One step; answers whether more may be missing. */
  const fillOnce = async (): Promise<boolean> => {
    const plan = lines.planGap(timeline, WIDEST_GAP);
    if (plan.kind === 'complete') return false;
    if (plan.kind === 'restart') {
      replace(await fetchPage({ limit: PAGE }));
      return false;
    }
    const found = await fetchPage({ limit: FILL_PAGE, afterSeq: plan.afterSeq });
    advance(lines.mergeMessages(timeline, found));
    // The server has nothing there: the later messages known here were wrong.
    if (found.length === 0) timeline = { ...timeline, early: new Map(), lastSeq: lines.topSeqOf(timeline) };
    return found.length > 0;
  };
  const fill = async () => {
    if (filling || !loaded) return;
    filling = true;
    try {
      for (let attempt = 0; ;) {
        try {
          if (!(await fillOnce())) return;
          attempt = 0;
        } catch (error) {
          if (!toLinstaError(error).retryable || attempt >= FILL_ATTEMPTS) return;
          await sleep(options.network.backOff(attempt));
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
        const newest = await fetchPage({ limit: PAGE });
        if (!loaded) replace(newest);
      } catch (error) {
        if (!loaded) show({ status: 'failed', error: toLinstaError(error) });
      }
    })().finally(() => (loading = undefined));
    return loading;
  };
  const pageOlder = async (lowest: number) => {
    show({ loadingOlder: true });
    try {
      timeline = lines.prependOlder(timeline, await fetchPage({ limit: OLDER_PAGE, beforeSeq: lowest }));
    } finally {
      show({ loadingOlder: false });
    }
  };

  return {
    get: state.get,
    getServerSnapshot: state.getServerSnapshot,
    subscribe: state.subscribe,
    watched: state.watched,
    topSeq: () => (loaded ? lines.topSeqOf(timeline) : undefined),
    refresh: () => show(),
    reload: load,
    received: (message) => advance(lines.mergeMessages(timeline, [lines.toSentMessage(message)])),
    resumed(messages, reset) {
      if (!loaded) return;
      // Too many for one answer: the room starts again from the page that came, or from the newest
      // one.
      if (reset && messages.length === 0) return void fetchPage({ limit: PAGE }).then(replace, () => undefined);
      if (reset) return replace(messages.map(lines.toSentMessage));
      advance(lines.mergeMessages(timeline, messages.map(lines.toSentMessage)));
    },
    setWatermarks({ lastSeq, readSeq, othersReadSeq }) {
      timeline = lines.noteLastSeq(timeline, lastSeq);
      const now = state.get();
      if (now.lastSeq < lastSeq || now.readSeq < readSeq || now.othersReadSeq < othersReadSeq)
        state.set({
          ...now,
          lastSeq: Math.max(now.lastSeq, lastSeq),
          readSeq: Math.max(now.readSeq, readSeq),
          othersReadSeq: Math.max(now.othersReadSeq, othersReadSeq),
        });
      fillSoon();
    },
    send(text) {
      if (text.trim() === '') throw new LinstaError('BAD_REQUEST', 'Message text empty');
      if ([...text.trim()].length > MAX_CODE_POINTS)
        throw new LinstaError('BAD_REQUEST', `A message has at most ${MAX_CODE_POINTS} characters`);
      const { userId, clientMessageId } = options.outbox().add(chatRoomId, text);
      return `${userId} ${clientMessageId}`;
    },
    retry: (key) => options.outbox().retry(clientMessageIdOf(key)),
    discard: (key) => options.outbox().discard(clientMessageIdOf(key)),
    loadOlder() {
      const lowest = timeline.held[0]?.seq;
      if (!loaded || lowest === undefined || lowest <= 1 || timeline.held.length >= KEPT_WATCHED) return Promise.resolve();
      loadingOlder ??= pageOlder(lowest).finally(() => (loadingOlder = undefined));
      return loadingOlder;
    },
    async markRead(seq) {
      const upTo = seq ?? lines.topSeqOf(timeline);
      if (upTo > state.get().readSeq) await options.markRead(chatRoomId, upTo);
    },
  };
}
