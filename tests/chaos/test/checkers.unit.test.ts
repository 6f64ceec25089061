import { check, countOf, FAULTS, toText, type FaultKind, type Outcome } from '../src/checkers';
import type { HistoryEntry, Line } from '../src/history';

const at = (entrys: HistoryEntry[], everyMs = 100): Line[] => entrys.map((entry, n) => ({ at: n * everyMs, ...entry }));
const send = (key: string, seq: number): HistoryEntry[] => {
  const about = { op: 'send', user: 'ann', device: 'a.0', room: 'r', key } as const;
  return [
    { ...about, phase: 'invoke' },
    { ...about, phase: 'ok', seq, messageId: `m${seq}` },
  ];
};
const receive = (device: string, seq: number): HistoryEntry => ({
  op: 'receive',
  device,
  socket: `${device}#1`,
  room: 'r',
  seq,
  messageId: `m${seq}`,
});
const like = (user: string, phase: 'invoke' | 'ok'): HistoryEntry => ({ op: 'like', phase, user, post: 'p' });

/** A short history without a fault: three messages, one read, one like; Ben is gone in the end. */
const lived = (): HistoryEntry[] => [
  { op: 'connect', user: 'ann', device: 'a.0' },
  { op: 'connect', user: 'ben', device: 'b.0' },
  { op: 'presence', watcher: 'a.0', user: 'ben', status: 'online' },
  ...send('one', 1),
  ...send('two', 2),
  receive('b.0', 1),
  receive('b.0', 2),
  ...send('three', 3),
  receive('b.0', 3),
  { op: 'read', phase: 'invoke', user: 'ben', room: 'r', seq: 2 },
  { op: 'read', phase: 'ok', user: 'ben', room: 'r', seq: 2 },
  like('ben', 'invoke'),
  like('ben', 'ok'),
  { op: 'notification', user: 'ann', device: 'a.0', socket: 'a.0#1', notificationId: 'n1' },
  { op: 'disconnect', user: 'ben', device: 'b.0' },
  { op: 'presence', watcher: 'a.0', user: 'ben', status: 'offline' },
];
const ended = (): Outcome => ({
  rooms: [{ room: 'r', messages: ['one', 'two', 'three'].map((key, n) => ({ seq: n + 1, messageId: `m${n + 1}`, senderId: 'ann', key })) }],
  devices: [
    {
      device: 'a.0',
      rooms: [
        {
          room: 'r',
          held: [
            [1, 'm1'],
            [2, 'm2'],
            [3, 'm3'],
          ],
        },
      ],
    },
  ],
  reads: [
    { user: 'ann', unreadTotal: 0, rooms: [{ room: 'r', lastSeq: 3, unreadCount: 0 }] },
    { user: 'ben', unreadTotal: 1, rooms: [{ room: 'r', lastSeq: 3, unreadCount: 1 }] },
  ],
  inboxes: [{ user: 'ann', unread: 1, rows: [{ actor: 'ben', post: 'p' }] }],
  owners: { p: 'ann' },
  presence: [
    { user: 'ann', connected: true, status: 'online' },
    { user: 'ben', connected: false, status: 'offline' },
  ],
});

test('when no fault is planted, then the checkers find none', () => {
  const report = check(at(lived()), ended());
  expect(countOf(report)).toBe(0);
  expect(toText(report)).toBe(FAULTS.map((kind) => `${kind} 0`).join(', '));
});

/** Each plants one fault and names its kinds. */
const planted: [string, FaultKind[], (history: HistoryEntry[], outcome: Outcome) => void][] = [
  ['an acknowledged message is not stored', ['lost', 'unexpected'], (_, { rooms }) => void rooms[0]!.messages.pop()],
  [
    'an acknowledged message is stored under another number',
    ['lost', 'unexpected'],
    (_, { rooms }) => void (rooms[0]!.messages[2]!.messageId = 'm9'),
  ],
  ['a device lacks a message', ['lost'], (_, { devices }) => void devices[0]!.rooms[0]!.held.splice(1, 1)],
  ['a device holds a message that is not stored', ['unexpected'], (_, { devices }) => void devices[0]!.rooms[0]!.held.push([4, 'm4'])],
  [
    'one send is stored twice',
    ['duplicated', 'reordered', 'lost'],
    (_, { rooms }) => void rooms[0]!.messages.push({ seq: 4, messageId: 'm4', senderId: 'ann', key: 'one' }),
  ],
  ['a message is pushed twice to one socket', ['duplicated'], (history) => void history.push(receive('b.0', 3))],
  [
    'a notification is pushed twice to one socket',
    ['duplicated'],
    (history) => void history.push({ op: 'notification', user: 'ann', device: 'a.0', socket: 'a.0#1', notificationId: 'n1' }),
  ],
  [
    'a message is stored that no user sent',
    ['unexpected', 'lost'],
    (_, { rooms }) => void rooms[0]!.messages.push({ seq: 4, messageId: 'm4', senderId: 'ann', key: 'ghost' }),
  ],
  [
    'a refused message is stored',
    ['unexpected'],
    (history) => void (history[4] = { op: 'send', phase: 'fail', user: 'ann', device: 'a.0', room: 'r', key: 'one', code: 'FORBIDDEN' }),
  ],
  [
    'two messages of one sender are in the wrong order',
    ['reordered', 'lost'],
    (_, { rooms }) => {
      const [one, two] = rooms[0]!.messages;
      [one!.key, two!.key] = [two!.key, one!.key];
    },
  ],
  [
    'a device saw two messages under one number',
    ['reordered'],
    (history) => void history.push({ op: 'conflict', device: 'b.0', room: 'r', seq: 1, messageIds: ['m1', 'm2'] }),
  ],
  ['a number is left out', ['gaps', 'lost', 'unexpected'], (_, { rooms }) => void (rooms[0]!.messages[2]!.seq = 5)],
  [
    'an acknowledged read is forgotten',
    ['unread drift'],
    (_, { reads }) => void (reads[1]!.rooms[0]!.unreadCount = reads[1]!.unreadTotal = 2),
  ],
  [
    'more is read than any user read',
    ['unread drift'],
    (_, { reads }) => void (reads[1]!.rooms[0]!.unreadCount = reads[1]!.unreadTotal = 0),
  ],
  ['the total is not the sum', ['unread drift'], (_, { reads }) => void (reads[1]!.unreadTotal = 2)],
  ['the unread count of notifications is wrong', ['unread drift'], (_, { inboxes }) => void (inboxes[0]!.unread = 2)],
  ['a like made no notification', ['notifications'], (_, { inboxes }) => void Object.assign(inboxes[0]!, { rows: [], unread: 0 })],
  [
    'a like made two notifications',
    ['notifications'],
    (_, { inboxes }) => void Object.assign(inboxes[0]!, { rows: [...inboxes[0]!.rows, ...inboxes[0]!.rows], unread: 2 }),
  ],
  [
    'a notification has no like',
    ['notifications'],
    (_, { inboxes }) => void Object.assign(inboxes[0]!, { rows: [...inboxes[0]!.rows, { actor: 'cleo', post: 'p' }], unread: 2 }),
  ],
  ['a disconnected user is shown online', ['stale presence'], (_, { presence }) => void (presence[1]!.status = 'online')],
  ['a connected user is shown offline', ['stale presence'], (_, { presence }) => void (presence[0]!.status = 'offline')],
];
test.each(planted)('when %s, then it is found as %j', (_name, kinds, plant) => {
  const [history, outcome] = [lived(), ended()];
  plant(history, outcome);
  const report = check(at(history), outcome);
  for (const kind of kinds) expect([kind, report[kind].length > 0]).toEqual([kind, true]);
  expect(FAULTS.filter((kind) => report[kind].length > 0).sort()).toEqual([...kinds].sort());
});

test('when a connected user is shown offline for more than 5 s, then it is found; a shorter flicker, or a user who disconnected, is not', () => {
  const flicker: HistoryEntry[] = [
    { op: 'connect', user: 'ben', device: 'b.0' },
    { op: 'presence', watcher: 'a.0', user: 'ben', status: 'offline' },
    { op: 'presence', watcher: 'a.0', user: 'ben', status: 'online' },
  ];
  const found = (entrys: HistoryEntry[], everyMs: number) =>
    check(at(entrys, everyMs), ended())['stale presence'].filter((s) => s.includes('for'));
  const before = [...lived()];
  expect(found([...before.slice(0, 3), ...flicker.slice(1)], 6_000)).toHaveLength(1);
  expect(found(flicker, 4_000)).toEqual([]);
  const left: HistoryEntry[] = [flicker[0]!, { op: 'disconnect', user: 'ben', device: 'b.0' }, flicker[1]!, flicker[0]!, flicker[2]!];
  expect(found(left, 6_000)).toEqual([]);
});

test('when a send or a like was never answered, then it may be stored once or not at all', () => {
  const history = lived();
  history.push(
    { op: 'send', phase: 'invoke', user: 'ann', device: 'a.0', room: 'r', key: 'four' },
    { op: 'send', phase: 'unknown', user: 'ann', device: 'a.0', room: 'r', key: 'four' },
    { op: 'like', phase: 'invoke', user: 'cleo', post: 'p' },
    { op: 'like', phase: 'unknown', user: 'cleo', post: 'p' },
  );
  expect(countOf(check(at(history), ended()))).toBe(0);
  const outcome = ended();
  outcome.rooms[0]!.messages.push({ seq: 4, messageId: 'm4', senderId: 'ann', key: 'four' });
  outcome.devices[0]!.rooms[0]!.held.push([4, 'm4']);
  outcome.reads.forEach(({ rooms }) => (rooms[0]!.lastSeq = 4));
  outcome.reads[0]!.rooms[0]!.unreadCount = outcome.reads[0]!.unreadTotal = 1;
  outcome.reads[1]!.rooms[0]!.unreadCount = outcome.reads[1]!.unreadTotal = 2;
  outcome.inboxes[0]!.rows.push({ actor: 'cleo', post: 'p' });
  outcome.inboxes[0]!.unread = 2;
  expect(countOf(check(at(history), outcome))).toBe(0);
});
