import type { ReceivedMessage, Room } from '@linsta/contracts';
import * as rows from '../src/rooms/rows.js';

const [ME, OTHER] = ['me', 'other'];
const room = (patch: Partial<Room> = {}): Room => ({
  _id: 'room',
  participants: [ME, OTHER].map((_id = '') => ({ _id, name: _id, email: null })),
  createdAt: '2026-01-01T00:00:00.000Z',
  updatedAt: '2026-01-01T00:00:00.000Z',
  lastMessage: null,
  lastSeq: 5,
  readSeq: 3,
  othersReadSeq: 4,
  othersDeliveredSeq: 0,
  lastRev: 0,
  unreadCount: 99,
  ...patch,
});
const view = (patch: Partial<Room> = {}) => rows.mergeRoom(undefined, room(patch), ME);
const message = (seq: number, senderId = OTHER): ReceivedMessage => ({
  ...{ _id: String(seq), chatRoomId: 'room', senderId, sender: { _id: senderId, name: senderId } },
  ...{ text: `m${seq}`, seq, createdAt: '2026-01-02T00:00:00.000Z' },
});

describe('mergeRoom', () => {
  test('given a new room, then the unread number is derived and the other participant is named', () =>
    expect(view()).toMatchObject({ unreadCount: 2, other: { _id: OTHER } }));
  test('given a page that is older than what arrived live, then no watermark goes back and the newest message stays', () => {
    const live = rows.applyMessage(view(), message(6), ME);
    const merged = rows.mergeRoom(live, room({ lastSeq: 5, readSeq: 2, othersReadSeq: 1 }), ME);
    expect(merged).toMatchObject({
      lastSeq: 6,
      readSeq: 3,
      othersReadSeq: 6,
      lastMessage: { seq: 6 },
      updatedAt: '2026-01-02T00:00:00.000Z',
    });
  });
});

describe('applyMessage', () => {
  test.each<[string, ReceivedMessage, object]>([
    ['another person’s message', message(6), { lastSeq: 6, readSeq: 3, othersReadSeq: 6, unreadCount: 3 }],
    ['an own message', message(6, ME), { lastSeq: 6, readSeq: 6, othersReadSeq: 4, unreadCount: 0 }],
    ['an own older message', message(5, ME), { lastSeq: 5, readSeq: 5, unreadCount: 0 }],
  ])('given %s', (_what, incoming, expected) => expect(rows.applyMessage(view(), incoming, ME)).toMatchObject(expected));
  test('given a repeat, then the row is the same object', () => {
    const row = view();
    expect(rows.applyMessage(row, message(3), ME)).toBe(row);
  });
});

describe('applyRead', () => {
  test('given an own reading, then the unread number falls; given another person’s, then it does not', () => {
    expect(rows.applyRead(view(), ME, 5, ME)).toMatchObject({ readSeq: 5, unreadCount: 0 });
    expect(rows.applyRead(view(), OTHER, 5, ME)).toMatchObject({ othersReadSeq: 5, unreadCount: 2 });
  });
  test('given an older reading, then the row is the same object', () => {
    const row = view();
    expect(rows.applyRead(row, ME, 2, ME)).toBe(row);
  });
});

test('given a resume answer, then the row takes it over and never goes back', () => {
  expect(rows.applyResume(view(), { lastSeq: 8, readSeq: 8, last: message(8) })).toMatchObject({
    lastSeq: 8,
    unreadCount: 0,
    lastMessage: { seq: 8 },
  });
  expect(rows.applyResume(view(), { lastSeq: 2, readSeq: 1, last: undefined })).toMatchObject({ lastSeq: 5, readSeq: 3 });
});

test('given rooms, then the latest activity is first, and the unread numbers add up', () => {
  const list = [
    view({ _id: 'a', updatedAt: '2026-01-01T00:00:00.000Z' }),
    view({ _id: 'b', updatedAt: '2026-01-03T00:00:00.000Z' }),
    view({ _id: 'c' }),
  ];
  expect(list.sort(rows.compareByActivity).map(({ _id }) => _id)).toEqual(['b', 'c', 'a']);
  expect(rows.countUnread(list)).toBe(6);
});
