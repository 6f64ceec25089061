import type { ParkedLine } from '@linsta/bus';
import { listParked, readCommand, showParked } from '../src/bus-command';

test.each([
  [['parked', 'list'], { verb: 'list' }],
  [['parked', 'show', 'abc'], { verb: 'show', id: 'abc' }],
  [['parked', 'redrive', 'abc'], { verb: 'redrive', id: 'abc' }],
  [['parked', 'redrive', '--all'], { verb: 'redrive', id: undefined }],
  [['parked', 'discard', 'abc'], { verb: 'discard', id: 'abc', yes: false }],
  [['parked', 'discard', 'abc', '--yes'], { verb: 'discard', id: 'abc', yes: true }],
])('when asked for %j, then it is understood', (args, command) => expect(readCommand(args)).toEqual(command));

test.each([
  [[], 'looks after parked events'],
  [['parked'], 'parked knows list'],
  [['parked', 'empty'], 'parked knows list'],
  [['parked', 'redrive'], 'its id, or --all'],
  [['parked', 'redrive', 'abc', '--all'], 'its id, or --all'],
  [['parked', 'show'], 'show takes its id'],
  [['parked', 'discard'], 'discard takes its id'],
  [['parked', 'list', '--loud'], '--loud'],
])('when asked for %j, then it says what is wrong, and the usage', (args, sentence) => {
  expect(() => readCommand(args)).toThrow(sentence);
  expect(() => readCommand(args)).toThrow('Usage: npm run bus');
});

const line = (more: Partial<ParkedLine>): ParkedLine => ({
  id: 'abc',
  queue: 'notification.inbox',
  reason: 'why',
  attempts: 5,
  raw: '{"type":"LIKE"}',
  parkedAt: new Date('2030-01-02T03:04:05Z'),
  copies: 1,
  redriving: false,
  ...more,
});

test('when parked events are listed, then each has its line, and what came from outside steers no terminal', () => {
  expect(listParked([])).toBe('Nothing is parked.');
  const text = listParked([line({}), line({ id: 'def', reason: 'bad \u001b[31m\nreason', raw: 'x', copies: 2, redriving: true })]);
  expect(text).toContain('abc  2030-01-02T03:04:05Z  notification.inbox  5      LIKE  why');
  expect(text).toContain('(being re-driven) (2 copies) bad \ufffd[31m reason');
  expect(text.split('\n')).toHaveLength(4);
});
test('when one is shown, then JSON is set out and anything else stands as it came, but for control characters', () => {
  expect(showParked(line({}))).toContain('"type": "LIKE"');
  expect(showParked(line({ raw: 'not \u001b json' }))).toContain('not \ufffd json');
  expect(showParked(line({ raw: 'x'.repeat(30_000) }))).toContain('... and 10000 characters more');
});
