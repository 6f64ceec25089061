import * as revs from '../src/messages/revs.js';
import { shownMessages } from '../src/messages/shown.js';
import * as lines from '../src/messages/timeline.js';
import type { SentMessage } from '../src/messages/types.js';
import type { OutboxChange, OutboxEntry } from '../src/outbox/types.js';

const ME = 'me';
const state = (seq: number, rev = 0, patch: Partial<SentMessage> = {}): SentMessage => ({
  ...{ key: `k${seq}`, status: 'sent', _id: String(seq), chatRoomId: 'r', senderId: 's', senderName: 'S' },
  ...{ text: `m${seq}.${rev}`, createdAt: '2026-01-01T00:00:00.000Z', seq, rev, reactions: [] },
  ...patch,
});
const textsOf = ({ held }: lines.Timeline) => held.map(({ text }) => text);
const given = (...held: SentMessage[]) => lines.replaceHeld(lines.emptyTimeline, held);

describe('states of messages', () => {
  test('when states come in any order and repeatedly, then the latest one stays', () => {
    const states = [state(1, 4), state(2, 3), state(1, 2), state(2, 5), state(1, 4), state(1, 1)];
    for (let turn = 0; turn < states.length; turn += 1) {
      const order = [...states.slice(turn), ...states.slice(0, turn)];
      expect(textsOf(order.reduce((timeline, one) => lines.applyChanges(timeline, [one]), given(state(1), state(2))))).toEqual([
        'm1.4',
        'm2.5',
      ]);
    }
  });
  test('when a state is not news, then the timeline is the same object, and an unchanged message keeps its own', () => {
    const timeline = given(state(1, 2), state(2));
    expect(lines.applyChanges(timeline, [state(1, 1)])).toBe(timeline);
    const next = lines.applyChanges(timeline, [state(1, 3)]);
    expect(next.held[1]).toBe(timeline.held[1]);
    expect(lines.applyChanges(timeline, [state(1, 2)]).held).toBe(timeline.held);
  });
  test('when a change comes before its message does, then an older page does not undo it', () => {
    const changed = lines.applyChanges(given(state(5)), [state(3, 7), state(6, 8), state(5, 6)]);
    expect(textsOf(lines.prependOlder(changed, [state(3, 2), state(4)]))).toEqual(['m3.7', 'm4.0', 'm5.6']);
    expect(textsOf(lines.mergeMessages(changed, [state(6)]))).toEqual(['m5.6', 'm6.8']);
    expect(textsOf(lines.replaceHeld(changed, [state(4), state(5, 5)]))).toEqual(['m4.0', 'm5.6']);
  });
  test('when a message waits above a gap, then its change is not lost', () => {
    const early = lines.mergeMessages(given(state(1)), [state(3)]);
    const changed = lines.applyChanges(early, [state(3, 1)]);
    expect(textsOf(lines.mergeMessages(changed, [state(3), state(2)]))).toEqual(['m1.0', 'm2.0', 'm3.1']);
  });
  test('when many messages that are not held change, then what is kept of them is bounded', () => {
    const many = Array.from({ length: 2_000 }, (_, n) => state(n + 1, n + 1));
    expect(lines.applyChanges(given(state(5_000)), many).changed.size).toBe(500);
  });
});

describe('numbers of changes', () => {
  test('when they come in order, then all are known; above a gap they wait, and the missing one closes it', () => {
    const first = revs.noteOne(revs.noteAll(revs.noRevs, 2), 3);
    expect(first.upTo).toBe(3);
    const gap = [6, 5].reduce(revs.noteOne, first);
    expect([gap.upTo, revs.hasGap(gap)]).toEqual([3, true]);
    const closed = revs.noteOne(gap, 4);
    expect([closed.upTo, revs.hasGap(closed)]).toEqual([6, false]);
    expect(revs.noteAll(gap, 5).upTo).toBe(6);
    expect(revs.noteAll(gap, 1)).toEqual(gap);
  });
  test('when the server does not number changes, then no point is known', () => {
    expect(revs.noteOne(revs.noRevs, 1).upTo).toBeUndefined();
    expect(revs.noteAll(revs.noRevs, undefined).upTo).toBeUndefined();
  });
});

describe('what is shown while a change is unsent', () => {
  const entry = (change: OutboxChange, error?: { code: string; message: string }): OutboxEntry => ({
    ...{ userId: ME, clientMessageId: 'c', chatRoomId: 'r', text: '', createdAt: '', position: 1, change },
    ...(error !== undefined && { error }),
  });
  const react = (seq: number, emoji: string, on: boolean) => entry({ kind: 'react', seq, emoji, on });
  const reactionsOf = (held: SentMessage[], ...entries: OutboxEntry[]) =>
    shownMessages(held, entries, 'Me').map((message) =>
      message.status === 'sent' ? message.reactions.map(({ emoji, userIds }) => `${emoji} ${userIds.join()}`).join(' ') : '',
    );
  const liked = state(7, 1, { reactions: [{ emoji: '👍', userIds: ['other', ME] }] });

  test('when a reaction is unsent, then it is shown once, at the right message', () => {
    expect(reactionsOf([state(6), liked], react(6, '👍', true))).toEqual(['👍 me', '👍 other,me']);
    expect(reactionsOf([liked], react(7, '👍', true))).toEqual(['👍 other,me']);
    expect(reactionsOf([liked], react(7, '👍', false))).toEqual(['👍 other']);
    expect(reactionsOf([liked], react(7, '🎉', true), react(7, '👍', false))).toEqual(['👍 other 🎉 me']);
    expect(reactionsOf([state(6)], react(6, '👍', false))).toEqual(['']);
    expect(reactionsOf([state(6)], react(99, '👍', true))).toEqual(['']);
  });
  test('when an edit is unsent, then its text is shown; when it is refused, then the stored one is, beside it', () => {
    const edit: OutboxChange = { kind: 'edit', seq: 7, text: 'new' };
    expect(shownMessages([liked], [entry(edit)], 'Me')).toMatchObject([{ text: 'new', edit: { text: 'new' }, reactions: liked.reactions }]);
    const error = { code: 'EDIT_WINDOW_CLOSED', message: 'Too late' };
    expect(shownMessages([liked], [entry(edit, error)], 'Me')).toMatchObject([{ text: 'm7.1', edit: { text: 'new', error } }]);
  });
  test('when nothing is unsent, then each message is the same object', () => {
    expect(shownMessages([liked], [], 'Me')[0]).toBe(liked);
  });
});
