import type { ReceivedMessage } from '@linsta/contracts';
import { startTimer } from '../core/deadline.js';
import { sleep } from '../core/retry.js';
import type { Network } from '../core/settings.js';
import { createStore } from '../core/store.js';
import { LinstaError, toLinstaError } from '../errors.js';
import type { Call } from '../http/types.js';
import { changeIdOf, type Outbox } from '../outbox/outbox.js';
import * as revs from './revs.js';
import { shownMessages } from './shown.js';
import * as lines from './timeline.js';
import type { Messages, MessagesState, SentMessage } from './types.js';

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

/** Watermarks of a room; 0 where a source does not say. */
export interface RoomWatermarks {
  lastSeq: number;
  readSeq: number;
  othersReadSeq: number;
  othersDeliveredSeq: number;
}

interface MessagesOptions {
  chatRoomId: string;
  userId: () => string;
  ownName: () => string;
  call: Call;
  network: Pick<Network, 'backOff'>;
  outbox: () => Outbox;
  markRead: (chatRoomId: string, seq: number) => Promise<void>;
  /** All changes up to this number are in every page that is requested now. */
  settledRev: () => number | undefined;
  /** A change was missed. */
  onGap: () => void;
  onUnwatched: () => void;
  onWatched: () => void;
}

export interface RoomMessages extends Messages {
  received(message: ReceivedMessage): void;
  /** A message has a new state. */
  changed(message: ReceivedMessage): void;
  /** The part of a `resume` answer for this room. */
  resumed(answer: ResumedMessages): void;
  setWatermarks(watermarks: RoomWatermarks): void;
  /** The unsent messages changed. */
  refresh(): void;
  /** The highest `seq` held without a gap; undefined before the first load. */
  topSeq(): number | undefined;
  watched(): boolean;
  /** All changes up to this number are here; undefined where changes are not numbered. */
  knownRev(): number | undefined;
}
/** `changed` and `lastRev` are absent in answers of servers that do not number changes. */
export interface ResumedMessages {
  messages: ReceivedMessage[];
  reset: boolean;
  changed?: ReceivedMessage[];
  lastRev?: number;
}

const EXCERPT = 140;
/** Throws for a text that can never be stored. */
function assertText(text: string): void {
  if (text.trim() === '') throw new LinstaError('BAD_REQUEST', 'Message text empty');
  if ([...text.trim()].length > MAX_CODE_POINTS)
    throw new LinstaError('BAD_REQUEST', `A message has at most ${MAX_CODE_POINTS} characters`);
}
const clientMessageIdOf = (key: string) => key.split(' ')[1] ?? '';

/** One room's messages: the stored ones without a gap in `seq` order, then the unsent ones. */
export function createMessages(options: MessagesOptions): RoomMessages {
  const { chatRoomId, call } = options;
  let timeline = lines.emptyTimeline;
  let known = revs.noRevs;
  let loaded = false;
  let loading: Promise<void> | undefined;
  let loadingOlder: Promise<void> | undefined;
  let filling = false;
  let gapTimer: ReturnType<typeof setTimeout> | undefined;

  const state = createStore<MessagesState>(
    {
      status: 'loading',
      messages: [],
      hasOlder: false,
      loadingOlder: false,
      lastSeq: 0,
      readSeq: 0,
      othersReadSeq: 0,
      othersDeliveredSeq: 0,
    },
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
    state.set({
      ...before,
      messages: shownMessages(timeline.held, options.outbox().unsent(chatRoomId), options.ownName()),
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
    const changed = next.held !== timeline.held;
    timeline = lines.keepNewest(next, state.watched() ? KEPT_WATCHED : KEPT_UNWATCHED);
    if (changed) show();
    if (added > 0) {
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
        const settledRev = options.settledRev();
        const newest = await fetchPage({ limit: PAGE });
        if (loaded) return;
        replace(newest);
        known = revs.noteAll(known, settledRev);
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

  const loadOlder = (): Promise<void> => {
    const lowest = timeline.held[0]?.seq;
    if (!loaded || lowest === undefined || lowest <= 1 || timeline.held.length >= KEPT_WATCHED) return Promise.resolve();
    loadingOlder ??= pageOlder(lowest).finally(() => (loadingOlder = undefined));
    return loadingOlder;
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
    changed(message) {
      advance(lines.applyChanges(timeline, [lines.toSentMessage(message)]));
      known = revs.noteOne(known, message.rev ?? 0);
      if (revs.hasGap(known)) options.onGap();
    },
    knownRev() {
      // The messages were loaded before the server was known to number changes: all of them are
      // requested.
      if (loaded && known.upTo === undefined && options.settledRev() !== undefined) known = revs.noteAll(known, 0);
      return loaded ? known.upTo : undefined;
    },
    resumed({ messages, reset, changed = [], lastRev }) {
      if (!loaded) return;
      // Too many for one answer: the room starts again from the page that came, or from the newest
      // one.
      if (reset && lastRev !== undefined) known = revs.startFrom(lastRev);
      if (reset && messages.length === 0) return void fetchPage({ limit: PAGE }).then(replace, () => undefined);
      if (reset) return replace(messages.map(lines.toSentMessage));
      advance(lines.mergeMessages(timeline, [...changed, ...messages].map(lines.toSentMessage)));
      if (known.upTo !== undefined) known = revs.noteAll(known, lastRev);
    },
    setWatermarks({ lastSeq, readSeq, othersReadSeq, othersDeliveredSeq }) {
      timeline = lines.noteLastSeq(timeline, lastSeq);
      const now = state.get();
      const marks = {
        lastSeq: Math.max(now.lastSeq, lastSeq),
        readSeq: Math.max(now.readSeq, readSeq),
        othersReadSeq: Math.max(now.othersReadSeq, othersReadSeq),
        othersDeliveredSeq: Math.max(now.othersDeliveredSeq, othersDeliveredSeq, othersReadSeq),
      };
      if (Object.entries(marks).some(([name, seq]) => now[name as keyof typeof marks] < seq)) state.set({ ...now, ...marks });
      fillSoon();
    },
    send(text, { replyTo } = {}) {
      assertText(text);
      const quote = replyTo && { seq: replyTo.seq, senderId: replyTo.senderId, excerpt: [...replyTo.text].slice(0, EXCERPT).join('') };
      const { userId, clientMessageId } = options.outbox().add(chatRoomId, text, quote);
      return `${userId} ${clientMessageId}`;
    },
    react: (seq, emoji, on) => options.outbox().change(chatRoomId, { kind: 'react', seq, emoji, on }),
    edit(seq, text) {
      assertText(text);
      options.outbox().change(chatRoomId, { kind: 'edit', seq, text });
    },
    retryEdit: (seq) => options.outbox().retry(changeIdOf(chatRoomId, { kind: 'edit', seq })),
    discardEdit: (seq) => options.outbox().discard(changeIdOf(chatRoomId, { kind: 'edit', seq })),
    retry: (key) => options.outbox().retry(clientMessageIdOf(key)),
    discard: (key) => options.outbox().discard(clientMessageIdOf(key)),
    loadOlder,
    async reach(seq) {
      for (let lowest = timeline.held[0]?.seq ?? 0; lowest > seq;) {
        await loadOlder();
        const now = timeline.held[0]?.seq ?? 0;
        if (now >= lowest) break;
        lowest = now;
      }
      return lines.heldAt(timeline, seq) !== undefined;
    },
    async markRead(seq) {
      const upTo = seq ?? lines.topSeqOf(timeline);
      if (upTo > state.get().readSeq) await options.markRead(chatRoomId, upTo);
    },
  };
}
