import { createLogger } from '@linsta/core';
import { waitFor } from '@linsta/testing';
import { startProduct, type Person, type Product } from '../support/product';

interface Line {
  service: string;
  level: number;
  msg: string;
  correlationId?: string;
  [field: string]: unknown;
}
const WARN = 40;

const lines: Line[] = [];
let product: Product;
let ann: Person;
let ben: Person;

beforeAll(async () => {
  const stream = { write: (line: string) => void lines.push(JSON.parse(line) as Line) };
  product = await startProduct({ SLOW_QUERY_MS: '1' }, (service) => createLogger(service, 'debug', stream));
  ann = await product.register('Ann');
  ben = await product.register('Ben');
});
afterAll(() => product.stop());

/** The lines of one correlation id; a batch carries the ids of all its items. */
const linesOf = (id: string) => lines.filter((line) => line.correlationId?.split(',').includes(id) === true);

const like = async (id: string) => {
  const { body: post } = await product.call('POST', '/api/posts', ben.token, { text: `about ${id}` });
  const response = await fetch(`${product.url}/api/posts/${post._id}/like`, {
    method: 'POST',
    headers: { authorization: `Bearer ${ann.token}`, 'x-request-id': id },
  });
  expect(response.headers.get('x-request-id')).toBe(id);
  return post._id as string;
};

test('the id of a like stands in the logs of gateway, posts, notification and realtime, from the request to the push', async () => {
  const device = product.device(ben.token);
  await device.connected;
  await device.request('subscribe_notifications');
  const id = 'follow-this-like';
  const postId = await like(id);
  await waitFor(() => device.received.notification?.some(({ referenceId }) => referenceId === postId) === true, 'the push');
  const expected: Partial<Line>[] = [
    { service: 'gateway', msg: 'request', method: 'POST', path: `/api/posts/${postId}/like`, status: 200 },
    { service: 'posts', msg: 'request', path: `/api/posts/${postId}/like`, status: 200 },
    { service: 'bus', msg: 'bus event handled', queue: 'notification.inbox', type: 'LIKE' },
    { service: 'notification', command: 'insert', collection: 'notifications', outcome: 'ok' },
    { service: 'realtime', msg: 'request', path: '/internal/deliveries', status: 200 },
  ];
  const found = (wanted: Partial<Line>) => linesOf(id).some((line) => Object.entries(wanted).every(([key, value]) => line[key] === value));
  await waitFor(() => expected.every(found), 'the log lines');
});

test('every database command is logged with its collection, duration and outcome, and no document or value', async () => {
  const secret = 'a text that must stay out of every log';
  const { body: room } = await product.call('POST', '/api/chat/rooms', ann.token, { otherUserId: ben._id });
  await product.call('POST', `/api/chat/messages/${room.chatRoomId}`, ann.token, { text: secret });
  await product.call('GET', `/api/chat/messages/${room.chatRoomId}`, ben.token);
  const commands = lines.filter(({ msg }) => msg === 'database command' || msg === 'slow database command');
  const of = (service: string, command: string, collection: string) =>
    commands.filter((line) => line.service === service && line.command === command && line.collection === collection);
  expect(of('chat', 'insert', 'messages')).not.toEqual([]);
  expect(of('chat', 'find', 'messages')).not.toEqual([]);
  expect(of('users', 'insert', 'users')).not.toEqual([]);
  for (const line of commands) {
    expect(Object.keys(line).sort()).toEqual(
      expect.arrayContaining(['collection', 'command', 'database', 'durationMs', 'outcome', 'service'].filter((key) => key in line)),
    );
    expect(typeof line.durationMs).toBe('number');
  }
  const text = JSON.stringify(lines);
  for (const value of [secret, ann.email, ann.token, ann.refreshToken, 'correct horse']) expect(text).not.toContain(value);
});

test('a command that takes as long as SLOW_QUERY_MS is logged as a warning, a quicker one is not', () => {
  const commands = lines.filter(({ command }) => command !== undefined);
  expect(commands.some(({ durationMs }) => Number(durationMs) >= 1)).toBe(true);
  for (const { durationMs, level } of commands) expect(level >= WARN).toBe(Number(durationMs) >= 1);
});
