import type { HistoryMessage, ReceivedMessage } from '@linsta/contracts';
import type { SentMessage } from './types.js';

/** Messages that came before their predecessors; more are fetched again instead of kept. */
const MAX_EARLY = 1_000;
/** Changed states of messages that are not held; a page that is under way may bring older ones. */
const MAX_CHANGED = 500;

/**
 * One room's stored messages. `held` has no gap and no repeat in `seq`; `early` holds messages
 * above a gap. `lastSeq` is the highest `seq` that the server is known to have.
 */
export interface Timeline {
  readonly held: readonly SentMessage[];
  readonly early: ReadonlyMap<number, SentMessage>;
  readonly lastSeq: number;
  readonly changed: ReadonlyMap<number, SentMessage>;
}
export const emptyTimeline: Timeline = { held: [], early: new Map(), lastSeq: 0, changed: new Map() };

export const topSeqOf = ({ held }: Timeline): number => held.at(-1)?.seq ?? 0;
export const hasOlder = ({ held }: Timeline): boolean => (held[0]?.seq ?? 1) > 1;

/** As shown, from either shape in which the server sends messages. */
export const toSentMessage = (message: ReceivedMessage | HistoryMessage): SentMessage => {
  const { _id, chatRoomId, text, seq, createdAt, clientMessageId, replyTo, editedAt } = message;
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
    rev: message.rev ?? 0,
    reactions: message.reactions ?? [],
    ...(clientMessageId !== undefined && { clientMessageId }),
    ...(replyTo !== undefined && { replyTo }),
    ...(editedAt !== undefined && { editedAt }),
  };
};

/** The server is known to have messages up to `seq`. */
export const noteLastSeq = (timeline: Timeline, seq: number): Timeline =>
  seq > timeline.lastSeq ? { ...timeline, lastSeq: seq } : timeline;

/** A held message by its `seq`: there is no gap. */
export const heldAt = ({ held }: Timeline, seq: number): SentMessage | undefined => held[seq - (held[0]?.seq ?? 0)];

/** The later state of a message. */
const later = (one: SentMessage, other: SentMessage | undefined): SentMessage =>
  other !== undefined && other.seq === one.seq && other.rev > one.rev ? other : one;
const freshest = (timeline: Timeline, message: SentMessage): SentMessage =>
  later(later(later(message, heldAt(timeline, message.seq)), timeline.early.get(message.seq)), timeline.changed.get(message.seq));

/** Takes over states of messages, in any order; an older or repeated state changes nothing. */
export function applyChanges(timeline: Timeline, messages: readonly SentMessage[]): Timeline {
  const news = messages.filter((message) => freshest(timeline, message) === message);
  if (news.length === 0) return timeline;
  const held = [...timeline.held];
  const early = new Map(timeline.early);
  const changed = new Map(timeline.changed);
  let inHeld = false;
  for (const message of news) {
    const at = message.seq - (held[0]?.seq ?? 0);
    const known = held[at];
    if (known !== undefined) {
      // The same state keeps its object, so that nothing is shown again.
      if (known.rev < message.rev) {
        held[at] = message;
        inHeld = true;
      }
    } else if (early.has(message.seq)) early.set(message.seq, message);
    else if (message.rev > 0) {
      changed.delete(message.seq);
      changed.set(message.seq, message);
    }
  }
  for (const seq of changed.keys()) {
    if (changed.size <= MAX_CHANGED) break;
    changed.delete(seq);
  }
  return { ...timeline, held: inHeld ? held : timeline.held, early, changed };
}

/**
 * Adds messages in any order: the ones that continue `held` are appended, the rest waits as early.
 * Of a repeat the later state is kept.
 */
export function mergeMessages(before: Timeline, messages: readonly SentMessage[]): Timeline {
  const top = topSeqOf(before);
  const timeline = applyChanges(
    before,
    messages.filter(({ seq }) => seq <= top),
  );
  const early = new Map(timeline.early);
  for (const message of messages) if (message.seq > top) early.set(message.seq, freshest(timeline, message));
  const appended: SentMessage[] = [];
  for (let next = early.get(top + 1); next !== undefined; next = early.get(next.seq + 1)) {
    appended.push(next);
    early.delete(next.seq);
  }
  const lastSeq = Math.max(timeline.lastSeq, ...messages.map(({ seq }) => seq));
  if (early.size > MAX_EARLY)
    [...early.keys()]
      .sort((a, b) => a - b)
      .slice(MAX_EARLY)
      .forEach((seq) => early.delete(seq));
  return { ...timeline, held: appended.length === 0 ? timeline.held : [...timeline.held, ...appended], early, lastSeq };
}

/** Starts again from one page without gaps; messages above it are kept. */
export function replaceHeld(timeline: Timeline, page: readonly SentMessage[]): Timeline {
  const { held, early, lastSeq, changed } = timeline;
  const fresh: Timeline = {
    held: page.map((message) => freshest(timeline, message)),
    early: new Map(),
    lastSeq: Math.max(lastSeq, page.at(-1)?.seq ?? 0),
    changed,
  };
  return mergeMessages(
    fresh,
    [...held, ...early.values()].filter(({ seq }) => seq > topSeqOf(fresh)),
  );
}

/**
 * Puts an older page before the held messages; a page that does not end right below them is
 * dropped.
 */
export function prependOlder(timeline: Timeline, page: readonly SentMessage[]): Timeline {
  const lowest = timeline.held[0]?.seq;
  if (lowest === undefined || page.at(-1)?.seq !== lowest - 1) return timeline;
  return { ...timeline, held: [...page.map((message) => freshest(timeline, message)), ...timeline.held] };
}

export const keepNewest = (timeline: Timeline, kept: number): Timeline =>
  timeline.held.length <= kept ? timeline : { ...timeline, held: timeline.held.slice(-kept) };

/**
 * What to fetch so that nothing is missing up to `lastSeq`. A gap wider than `widest` is not
 * filled.
 */
export type GapPlan = { kind: 'complete' } | { kind: 'fetch'; afterSeq: number } | { kind: 'restart' };
export function planGap(timeline: Timeline, widest: number): GapPlan {
  const top = topSeqOf(timeline);
  if (timeline.lastSeq <= top) return { kind: 'complete' };
  return timeline.lastSeq - top > widest ? { kind: 'restart' } : { kind: 'fetch', afterSeq: top };
}
