import type { HistoryMessage, ReceivedMessage } from '@linsta/contracts';
import type { SentMessage } from './types.js';

/** Messages that came before their predecessors; more are fetched again instead of kept. */
const MAX_EARLY = 1_000;

/**
 * One room's stored messages. `held` has no gap and no repeat in `seq`; `early` holds messages
 * above a gap. `lastSeq` is the highest `seq` that the server is known to have.
 */
export interface Timeline {
  readonly held: readonly SentMessage[];
  readonly early: ReadonlyMap<number, SentMessage>;
  readonly lastSeq: number;
}
export const emptyTimeline: Timeline = { held: [], early: new Map(), lastSeq: 0 };

export const topSeqOf = ({ held }: Timeline): number => held.at(-1)?.seq ?? 0;
export const hasOlder = ({ held }: Timeline): boolean => (held[0]?.seq ?? 1) > 1;

/** As shown, from either shape in which the server sends messages. */
export const toSentMessage = (message: ReceivedMessage | HistoryMessage): SentMessage => {
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

/** The server is known to have messages up to `seq`. */
export const noteLastSeq = (timeline: Timeline, seq: number): Timeline =>
  seq > timeline.lastSeq ? { ...timeline, lastSeq: seq } : timeline;

/**
 * Adds messages in any order: repeats are dropped, the ones that continue `held` are appended, the
 * rest waits as early.
 */
export function mergeMessages(timeline: Timeline, messages: readonly SentMessage[]): Timeline {
  const top = topSeqOf(timeline);
  const early = new Map(timeline.early);
  for (const message of messages) if (message.seq > top) early.set(message.seq, message);
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
  return { held: appended.length === 0 ? timeline.held : [...timeline.held, ...appended], early, lastSeq };
}

/** Starts again from one page without gaps; messages above it are kept. */
export function replaceHeld({ held, early, lastSeq }: Timeline, page: readonly SentMessage[]): Timeline {
  const fresh: Timeline = { held: page, early: new Map(), lastSeq: Math.max(lastSeq, page.at(-1)?.seq ?? 0) };
  return mergeMessages(fresh, [...held, ...early.values()]);
}

/**
 * Puts an older page before the held messages; a page that does not end right below them is
 * dropped.
 */
export function prependOlder(timeline: Timeline, page: readonly SentMessage[]): Timeline {
  const lowest = timeline.held[0]?.seq;
  if (lowest === undefined || page.at(-1)?.seq !== lowest - 1) return timeline;
  return { ...timeline, held: [...page, ...timeline.held] };
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
