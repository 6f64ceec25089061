import { checkMoment, checkOutcome, type Outcome } from './checker';

const stored = (...texts: string[]) => texts.map((text, at) => ({ seq: at + 1, text }));
const shown = (...texts: string[]) => stored(...texts).map((message) => ({ ...message, status: 'sent' }));
const outcome = (patch: Partial<Outcome>): Outcome => ({
  typed: ['a1', 'a2', 'b1'].map((text) => ({ device: text.startsWith('a') ? 'phone' : 'laptop', chatRoomId: 'room', text })),
  server: { room: stored('a1', 'b1', 'a2') },
  devices: { phone: { room: shown('a1', 'b1', 'a2') }, laptop: { room: shown('a1', 'b1', 'a2').slice(1) } },
  ...patch,
});
const kindsOf = (patch: Partial<Outcome>) => [...new Set(checkOutcome(outcome(patch)).map(({ kind }) => kind))].sort();

test('when no fault is planted, then the checker finds nothing', () => {
  expect(checkOutcome(outcome({}))).toEqual([]);
});

test.each<[string, Partial<Outcome>, string[]]>([
  ['a message was lost', { server: { room: stored('a1', 'b1') }, devices: {} }, ['lost']],
  ['a message was stored twice', { server: { room: stored('a1', 'b1', 'a2', 'a1') }, devices: {} }, ['doubled']],
  ['two messages of one device changed places', { server: { room: stored('a2', 'b1', 'a1') }, devices: {} }, ['reordered']],
  ['a stored message was never typed', { server: { room: stored('a1', 'b1', 'a2', 'x') }, devices: {} }, ['unexpected']],
  ['the order has a gap', { server: { room: [...stored('a1', 'b1'), { seq: 4, text: 'a2' }] }, devices: {} }, ['gap']],
  ['a device lacks the newest message', { devices: { phone: { room: shown('a1', 'b1') } } }, ['differs']],
  ['a device shows nothing', { devices: { phone: { room: [] } } }, ['differs']],
  ['a device shows another text', { devices: { phone: { room: shown('a1', 'b1', 'a3') } } }, ['differs']],
  [
    'a device shows a message twice',
    { devices: { phone: { room: [...shown('a1', 'b1'), { seq: 2, text: 'b1', status: 'sent' }] } } },
    ['differs', 'doubled'],
  ],
  ['a message was never sent', { devices: { phone: { room: [...shown('a1', 'b1'), { text: 'a2', status: 'sending' }] } } }, ['differs']],
])('when %s, then the checker reports it', (_what, patch, kinds) => {
  expect(kindsOf(patch)).toEqual(kinds);
});

test('when a device shows a gap, a step back or a repeat for a moment, then the checker reports it', () => {
  const at = (...seqs: number[]) =>
    checkMoment(
      'phone',
      seqs.map((seq, n) => ({ seq, text: `${n}`, status: 'sent' })),
    ).map(({ kind }) => kind);
  expect([at(4, 5, 6), at(4, 6), at(5, 4), at(5, 5)]).toEqual([[], ['gap'], ['reordered'], ['doubled']]);
  expect(
    checkMoment('phone', [
      { seq: 1, text: 'a', status: 'sent' },
      { text: 'a', status: 'sending' },
    ]),
  ).toEqual([{ kind: 'doubled', what: 'phone shows “a” twice' }]);
});
