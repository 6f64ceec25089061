import * as list from '../src/notifications/list.js';
import type { NotificationView } from '../src/notifications/types.js';

const row = (n: number, patch: Partial<NotificationView> = {}): NotificationView => ({
  ...{ _id: String(n), userId: 'me', type: 'LIKE', message: `n${n}`, referenceId: 'post', actorId: 'ann', isRead: false },
  createdAt: '2026-01-01T00:00:00.000Z',
  ...patch,
});
const given = (...all: NotificationView[]) => list.mergeAll(new Map(), all);
const shown = (rows: list.NotificationRows) =>
  list
    .sortNewestFirst(rows)
    .map(({ _id, isRead, version }) => `${_id}${isRead ? ' read' : ''}${version === undefined ? '' : ` v${version}`}`);

describe('mergeNotification', () => {
  test.each<[string, NotificationView, string[]]>([
    ['a new one', row(3), ['3', '2 read v2']],
    ['an older version', row(2, { version: 1 }), ['2 read v2']],
    ['a newer version, unread again', row(2, { version: 3 }), ['2 v3']],
    ['the same version as it was before the reading', row(2, { version: 2 }), ['2 read v2']],
  ])('given %s', (_what, incoming, expected) =>
    expect(shown(list.mergeNotification(given(row(2, { version: 2, isRead: true })), incoming))).toEqual(expected),
  );
  test('given servers without versions, then a reading of another device is taken over', () =>
    expect(shown(list.mergeNotification(given(row(2)), row(2, { isRead: true })))).toEqual(['2 read']));
});

describe('applyPage', () => {
  const rows = given(row(5), row(4), row(3), row(2), row(1));
  test('given a full newest page, then what it does not name above its end was withdrawn', () =>
    expect(shown(list.applyPage(rows, [row(5, { isRead: true }), row(3)], { isFull: true }))).toEqual(['5 read', '3', '2', '1']));
  test('given a last page, then what it does not name below its start was withdrawn', () =>
    expect(shown(list.applyPage(rows, [row(2)], { before: '4', isFull: false }))).toEqual(['5', '4', '2']));
  test('given an empty newest page, then nothing is left', () => expect(shown(list.applyPage(rows, [], { isFull: false }))).toEqual([]));
  test('given a page with an older version than what arrived live, then the newer one stays', () =>
    expect(shown(list.applyPage(given(row(1, { version: 2 })), [row(1, { version: 1 })], { isFull: false }))).toEqual(['1 v2']));
});

test('given a withdrawal, then the row goes; of an unknown one, then the list is the same object', () => {
  const rows = given(row(1), row(2));
  expect(shown(list.removeNotification(rows, '1'))).toEqual(['2']);
  expect(list.removeNotification(rows, '9')).toBe(rows);
});
test('given more than is kept, then the newest are', () =>
  expect(shown(list.keepNewest(given(row(1), row(2), row(3)), 2))).toEqual(['3', '2']));
test('given a reading, then only the named ones are read', () =>
  expect(shown(list.markAsRead(given(row(1), row(2)), ['1', '7']))).toEqual(['2', '1 read']));
