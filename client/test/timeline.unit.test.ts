import * as lines from '../src/messages/timeline.js';

const message = (seq: number) => ({
  ...{ key: `k${seq}`, status: 'sent' as const, _id: String(seq), chatRoomId: 'r', senderId: 's', senderName: 'S' },
  ...{ text: `m${seq}`, createdAt: '2026-01-01T00:00:00.000Z', seq, rev: 0, reactions: [] },
});
const messages = (...seqs: number[]) => seqs.map(message);
const given = (held: number[], early: number[] = []) =>
  lines.mergeMessages(lines.replaceHeld(lines.emptyTimeline, messages(...held)), messages(...early));
const heldOf = ({ held }: lines.Timeline) => held.map(({ seq }) => seq);
const earlyOf = ({ early }: lines.Timeline) => [...early.keys()];

describe('mergeMessages', () => {
  test.each<[string, number[], number[], number[], number[], number[]]>([
    ['the next one', [1, 2], [], [3], [1, 2, 3], []],
    ['a repeat', [1, 2], [], [2], [1, 2], []],
    ['one above a gap', [1, 2], [], [4], [1, 2], [4]],
    ['the one that closes a gap', [1, 2], [4, 5], [3], [1, 2, 3, 4, 5], []],
    ['several in any order', [1], [], [4, 2, 3], [1, 2, 3, 4], []],
    ['one below what is held', [5, 6], [], [2], [5, 6], []],
    ['nothing', [1], [3], [], [1], [3]],
  ])('given %s, then held has no gap and no repeat', (_what, held, early, incoming, expectedHeld, expectedEarly) => {
    const next = lines.mergeMessages(given(held, early), messages(...incoming));
    expect(heldOf(next)).toEqual(expectedHeld);
    expect(earlyOf(next)).toEqual(expectedEarly);
  });
  test('given thousands above a gap, then a bounded number of the lowest is kept, and the highest is remembered', () => {
    const next = lines.mergeMessages(given([1]), messages(...Array.from({ length: 3_000 }, (_, n) => n + 3)));
    expect(next.early.size).toBe(1_000);
    expect(next.early.has(3)).toBe(true);
    expect(next.lastSeq).toBe(3_002);
  });
  test('given a timeline, when something is merged, then the timeline itself is unchanged', () => {
    const before = given([1, 2], [4]);
    lines.mergeMessages(before, messages(3));
    expect(heldOf(before)).toEqual([1, 2]);
    expect(earlyOf(before)).toEqual([4]);
  });
});

describe('planGap', () => {
  test.each<[string, lines.Timeline, lines.GapPlan]>([
    ['everything up to the last one', given([1, 2]), { kind: 'complete' }],
    ['a gap', given([1, 2], [5]), { kind: 'fetch', afterSeq: 2 }],
    ['a later message that is only known by number', lines.noteLastSeq(given([1, 2]), 3), { kind: 'fetch', afterSeq: 2 }],
    ['a gap wider than allowed', lines.noteLastSeq(given([1, 2]), 103), { kind: 'restart' }],
    ['the widest gap allowed', lines.noteLastSeq(given([1, 2]), 102), { kind: 'fetch', afterSeq: 2 }],
  ])('given %s', (_what, timeline, plan) => expect(lines.planGap(timeline, 100)).toEqual(plan));
});

describe('replaceHeld', () => {
  test('given newer messages than the page has, then they stay behind it', () => {
    expect(heldOf(lines.replaceHeld(given([1, 2], [8]), messages(5, 6, 7)))).toEqual([5, 6, 7, 8]);
    expect(heldOf(lines.replaceHeld(given([5, 6, 7, 8]), messages(5, 6)))).toEqual([5, 6, 7, 8]);
  });
});

describe('prependOlder', () => {
  test.each<[string, number[], number[], number[]]>([
    ['the page right below', [5, 6], [3, 4], [3, 4, 5, 6]],
    ['a page that leaves a gap', [5, 6], [2, 3], [5, 6]],
    ['a page that overlaps', [5, 6], [4, 5], [5, 6]],
    ['an empty page', [5, 6], [], [5, 6]],
    ['a page for an empty room', [], [1], []],
  ])('given %s', (_what, held, page, expected) => expect(heldOf(lines.prependOlder(given(held), messages(...page)))).toEqual(expected));
});

test('given more than is kept, then the newest are', () => expect(heldOf(lines.keepNewest(given([1, 2, 3, 4]), 2))).toEqual([3, 4]));
