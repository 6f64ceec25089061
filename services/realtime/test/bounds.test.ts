import { once } from 'node:events';
import { connect, type Socket as TcpSocket } from 'node:net';
import { createRealtimeService, loadConfig } from '@linsta/realtime';
import { createServiceFixture, type ServiceFixture } from '@linsta/support/service';
import { waitFor } from '@linsta/testing';
import { io, type Socket } from 'socket.io-client';
import { createAllowance } from '../src/sockets/allowance';

/**
 * What one client can make a node hold or do: unread data, running handlers, events, watched users.
 */

const [ann, room] = ['a', '1'].map((letter) => letter.repeat(24)) as [string, string];
const TEXT = 'x'.repeat(4_000);
const page = Array.from({ length: 100 }, (_, at) => ({
  _id: `${at}`.padStart(24, '0'),
  chatRoomId: room,
  senderId: { _id: ann, name: 'Ann', email: null },
  text: TEXT,
  seq: at + 1,
  createdAt: new Date().toISOString(),
}));
const PAGE_BYTES = JSON.stringify(page).length;

let realtime: ServiceFixture;
let fetched = 0;
let ended: string[] = [];
const open = new Set<TcpSocket>();
const sockets: Socket[] = [];

beforeAll(async () => {
  realtime = await createServiceFixture({
    name: 'realtime',
    create: createRealtimeService,
    loadConfig,
    env: { DRAIN_MS: '50', PRESENCE_GRACE_MS: '50', EVENTS_PER_SECOND: '100', EVENTS_BURST: '500', MAX_WATCHED_TOTAL: '5' },
  });
  realtime.upstreams.users.persist().post('/internal/people').reply(200, { users: [] });
  realtime.upstreams.chat
    .persist()
    .post('/internal/history')
    .reply(() => ((fetched += 1), [200, { chatRoomId: room, messages: page }]));
  realtime.upstreams.users
    .persist()
    .post('/internal/sessions/check')
    .reply((_path, body: any) => [200, { active: body.sids.filter((sid: string) => !ended.includes(sid)) }]);
});
afterEach(() => {
  sockets.splice(0).forEach((socket) => socket.disconnect());
  open.forEach((socket) => socket.destroy());
  fetched = 0;
  ended = [];
});
afterAll(() => realtime.stop());

const device = async (token: string) => {
  const socket = io(realtime.url, { transports: ['websocket'], forceNew: true, reconnection: false, auth: { token } });
  sockets.push(socket);
  const errors: any[] = [];
  socket.on('error', (error) => errors.push(error));
  await new Promise<void>((resolve, reject) => void socket.once('connect', resolve).once('connect_error', reject));
  return { socket, errors };
};
/** One masked WebSocket text frame. */
const frame = (text: string): Buffer => {
  const data = Buffer.from(text);
  const head = data.length < 126 ? Buffer.from([0x81, 0x80 | data.length]) : Buffer.from([0x81, 0xfe, data.length >> 8, data.length & 255]);
  return Buffer.concat([head, Buffer.alloc(4), data]);
};
/** A signed-in WebSocket without a client library: it reads only while the test lets it. */
const rawDevice = async (): Promise<TcpSocket> => {
  const socket = connect(Number(new URL(realtime.url).port), '127.0.0.1');
  open.add(socket);
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.write(
    'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\nsec-websocket-version: 13\r\n\r\n',
  );
  let text = '';
  const onData = (chunk: Buffer) => (text += chunk.toString('latin1'));
  socket.on('data', onData);
  await waitFor(() => text.includes('pingInterval'), 'the handshake');
  socket.write(frame(`40${JSON.stringify({ token: realtime.tokenOf(ann) })}`));
  await waitFor(() => text.includes('40{"sid"'), 'the connect');
  socket.off('data', onData);
  return socket;
};
const get = (n: number) => frame(`42${n}${JSON.stringify(['get_history', { chatRoomId: room, limit: 100 }])}`);

test('when a client asks for history again and again and never reads, then few pages are fetched, not one per request', async () => {
  const socket = await rawDevice();
  socket.pause();
  for (let n = 0; n < 200; n += 1) socket.write(get(n));
  // What the kernel buffers for the client is not held by the process; the rest waits for the
  // client.
  let before = -1;
  await waitFor(
    async () => {
      const same = before === fetched;
      before = fetched;
      await new Promise((resolve) => setTimeout(resolve, 300));
      return same && fetched > 0;
    },
    'the fetching to come to rest',
    20_000,
  );
  expect(fetched * PAGE_BYTES).toBeLessThan(30 * 1024 * 1024);
  expect(fetched).toBeLessThan(100);
});

test('when a client reads, then it gets every page that it asked for, as event and as acknowledgement', async () => {
  const { socket } = await device(realtime.tokenOf(ann));
  let events = 0;
  socket.on('message_history', ({ messages }) => (events += messages.length === 100 ? 1 : 0));
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => socket.timeout(20_000).emitWithAck('get_history', { chatRoomId: room, limit: 100 })),
  );
  expect(answers.every(({ ok, messages }) => ok === true && messages.length === 100)).toBe(true);
  expect(events).toBe(20);
});

test('when a client leaves pushes unread beyond the bound, then its connection is ended, and no other one', async () => {
  const slow = await rawDevice();
  slow.pause();
  const closed = once(slow, 'close');
  const other = await device(realtime.tokenOf('b'.repeat(24)));
  const payload = { ...page[0], senderId: ann, sender: { _id: ann, name: 'Ann' } };
  const broadcasts = Array.from({ length: 200 }, () => ({ event: 'receive_message', userIds: [ann], payload }));
  // 25 MB: more than the kernel's buffers and the bound take together.
  for (let n = 0; n < 30; n += 1) expect((await realtime.callInternal('/broadcasts', { broadcasts })).status).toBe(200);
  slow.resume();
  await closed;
  expect(other.socket.connected).toBe(true);
});

test('when a client goes on after its events are refused, then it gets the reason and is disconnected', async () => {
  const { socket, errors } = await device(realtime.tokenOf(ann));
  const ended = new Promise((resolve) => socket.once('disconnect', resolve));
  for (let n = 0; n < 5_000; n += 1) socket.emit('no_such_event', n);
  await ended;
  expect(errors.at(-1)).toMatchObject({ event: 'connection', code: 'RATE_LIMITED' });
  expect(errors.length).toBeLessThan(1_000);
});

test('when a client floods below the level of events, then it is disconnected', async () => {
  const socket = await rawDevice();
  socket.resume();
  const closed = once(socket, 'close');
  const connects = Buffer.concat(Array.from({ length: 1_000 }, () => frame('40/other,')));
  for (let n = 0; n < 20; n += 1) socket.write(connects);
  await closed;
});

test('an allowance refuses while it is empty, fills again, and is exceeded only by a client that goes on', () => {
  let time = 0;
  const allowance = createAllowance({ perSecond: 10, burst: 5 }, () => time);
  for (let n = 0; n < 5; n += 1) allowance.spend();
  expect(() => allowance.spend()).toThrow('slow down');
  expect(allowance.exceeded()).toBe(false);
  time += 1_000;
  expect(() => allowance.spend()).not.toThrow();
  for (let n = 0; n < 4; n += 1) allowance.penalise();
  expect(allowance.exceeded()).toBe(false);
  for (let n = 0; n < 3; n += 1) allowance.penalise();
  expect(allowance.exceeded()).toBe(true);
});

test('the number of watched users has a bound for the whole node, and a socket that goes makes room', async () => {
  const ids = (...letters: string[]) => letters.map((letter) => letter.repeat(24));
  const first = await device(realtime.tokenOf(ann));
  expect(await first.socket.emitWithAck('presence_subscribe', { userIds: ids('1', '2', '3') })).toMatchObject({ ok: true });
  const second = await device(realtime.tokenOf(ann));
  const refused = await second.socket.emitWithAck('presence_subscribe', { userIds: ids('4', '5', '6') });
  expect(refused).toMatchObject({ ok: false, error: { code: 'TOO_MANY_WATCHED' } });
  first.socket.disconnect();
  await waitFor(
    async () => (await second.socket.emitWithAck('presence_subscribe', { userIds: ids('4', '5', '6') })).ok === true,
    'room for further users',
  );
});

describe('a session that has ended', () => {
  const SID = 'the-session';
  const token = () => realtime.tokenOf(ann, SID);

  test('opens no socket from the moment that the users service says so', async () => {
    const { socket } = await device(token());
    socket.disconnect();
    ended = [SID];
    await expect(device(token())).rejects.toThrow('Invalid token');
  });
  test('ends its open sockets by the report on the bus, also one whose check was passed before', async () => {
    const { socket, errors } = await device(realtime.tokenOf(ann, 'another'));
    const gone = new Promise((resolve) => socket.once('disconnect', resolve));
    await realtime.publishEvent('SESSION_ENDED', 'session:another', { userId: ann, sid: 'another' });
    await gone;
    expect(errors).toEqual([{ event: 'connection', code: 'SESSION_ENDED', message: 'Session ended' }]);
    // The users service still says open, as it did when a check overtook the report: the report
    // wins.
    await expect(device(realtime.tokenOf(ann, 'another'))).rejects.toThrow('Invalid token');
  });
});
