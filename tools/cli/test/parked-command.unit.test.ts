import type { ParkedLine } from '@linsta/bus';
import { listParked, readParkedCommand, showParked } from '../src/parked/command';

test.each([
  [['list'], { verb: 'list' }],
  [['show', 'abc'], { verb: 'show', id: 'abc' }],
  [['redrive', 'abc'], { verb: 'redrive', id: 'abc' }],
  [['redrive', '--all'], { verb: 'redrive', id: undefined }],
  [['discard', 'abc'], { verb: 'discard', id: 'abc', yes: false }],
  [['discard', 'abc', '--yes'], { verb: 'discard', id: 'abc', yes: true }],
])('when asked for %j, then it is understood', (args, command) => expect(readParkedCommand(args)).toEqual(command));

test.each([
  [[], 'parked knows list'],
  [['empty'], 'parked knows list'],
  [['redrive'], 'its id, or --all'],
  [['redrive', 'abc', '--all'], 'its id, or --all'],
  [['show'], 'show takes its id'],
  [['discard'], 'discard takes its id'],
  [['list', '--loud'], '--loud'],
])('when asked for %j, then it says what is wrong, and the usage', (args, sentence) => {
  expect(() => readParkedCommand(args)).toThrow(sentence);
  expect(() => readParkedCommand(args)).toThrow('Usage: linsta parked');
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
