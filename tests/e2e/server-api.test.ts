import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { userIdOfSubject } from '@linsta/core';
import { waitFor } from '@linsta/testing';
import jwt from 'jsonwebtoken';
import { startProduct, type Product } from '../support/product';

const KEY = 'key-of-the-billing-server';
const hashOf = (key: string) => createHash('sha256').update(key).digest('hex');
const SECRET = 'a secret of the host, which is long enough to be one';
const POST = 'c'.repeat(24);

let product: Product;
beforeAll(async () => {
  product = await startProduct({
    API_KEYS: `other:${hashOf('another-key')},billing:${hashOf(KEY)}`,
    SERVER_RATE_LIMIT_PER_MINUTE: '200',
    JWT_ISSUERS: JSON.stringify([{ issuer: 'host', audience: 'linsta', secret: SECRET, algorithms: ['HS256'] }]),
    NOTIFICATION_TYPES: JSON.stringify([{ type: 'FOLLOW', message: '{actor} follows you', link: '/people/{actorId}?of={referenceId}' }]),
  });
});
afterAll(() => product.stop());

const call = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
  const response = await fetch(`${product.url}/api/server${path}`, {
    method,
    headers: { authorization: `Bearer ${KEY}`, ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) };
};
const tokenOf = (sub: string, more: object = {}) =>
  jwt.sign({ iss: 'host', aud: 'linsta', sub, name: sub, ...more }, SECRET, { algorithm: 'HS256', expiresIn: 600 });
const listener = async (token: string) => {
  const device = product.device(token);
  await device.connected;
  await device.request('subscribe_notifications');
  return { device, messages: () => (device.received.notification ?? []).map(({ message }) => message) };
};
const about = (recipientId: string, more: object = {}) => ({
  recipientId,
  actorId: 'd'.repeat(24),
  actorName: 'Dan',
  referenceId: POST,
  ...more,
});
let serial = 0;
const event = (type: string, data: object) => ({ specversion: '1.0', id: `fact-${(serial += 1)}`, source: '/billing', type, data });

test('when the key is missing, wrong or of nobody, then the call is refused, and each name has its own limit', async () => {
  const statusWith = async (authorization: string) =>
    (await call('DELETE', `/users/${POST}/sessions`, undefined, { authorization })).status;
  for (const authorization of [
    '',
    'Bearer',
    `Basic ${KEY}`,
    'Bearer another',
    `Bearer ${KEY} `.concat('x'),
    `Bearer ${hashOf(KEY)}`,
    `Bearer ${tokenOf('u')}`,
  ])
    expect([authorization, await statusWith(authorization)]).toEqual([authorization, 401]);
  expect(await statusWith('Bearer another-key')).toBe(204);
  const { body } = await call('GET', '/nowhere', undefined);
  expect(body).toMatchObject({ status: 404, code: 'PATH_NOT_FOUND' });
  const wrong = await call('GET', '/events');
  expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'POST']);
  expect((await product.call('POST', '/api/server/events')).status).toBe(401);
});

test('when a server puts a user, then the user is found, is changed by a repeat, and can chat', async () => {
  const id = userIdOfSubject('host', 'gina');
  expect((await call('PUT', `/users/${id}`, { name: 'Gina Put', email: 'gina@example.com' })).body).toEqual({
    _id: id,
    name: 'Gina Put',
    avatarUrl: null,
  });
  expect((await call('PUT', `/users/${id}`, { name: 'Gina Changed', avatarUrl: 'https://example.com/g.png' })).status).toBe(200);
  const me = (await product.call('GET', '/api/users/me', tokenOf('gina'))).body;
  expect(me).toMatchObject({ _id: id, name: 'Gina Changed', email: 'gina@example.com', avatarUrl: 'https://example.com/g.png' });
  const local = await product.register('Hal Local');
  expect((await product.call('GET', '/api/users?search=gina', local.token)).body).toHaveLength(1);
  expect((await call('PUT', '/users/gina', { name: 'x' })).body).toMatchObject({ status: 400, code: 'BAD_REQUEST' });
  expect((await call('PUT', `/users/${id}`, { name: 'x', admin: true })).body.errors).toEqual([expect.objectContaining({ path: 'admin' })]);
});

test('when a server opens a room and sends, then participants get the message once, also when it is sent again', async () => {
  const [ann, ben, eve] = [await product.register('Ann Srv'), await product.register('Ben Srv'), await product.register('Eve Srv')];
  const { device } = await listener(ben.token);
  const room = await call('POST', '/rooms', { userIds: [ann._id, ben._id] });
  expect(room).toMatchObject({ status: 200, body: { participants: expect.arrayContaining([ann._id, ben._id]) } });
  const message = { chatRoomId: room.body.chatRoomId, senderId: ann._id, text: 'your order is on its way', clientMessageId: 'order-1' };
  expect((await call('POST', '/messages', message)).body).toMatchObject({ seq: 1, text: message.text, sender: { name: 'Ann Srv' } });
  expect(await call('POST', '/messages', message)).toMatchObject({ status: 201, body: { seq: 1 } });
  await waitFor(() => device.received.receive_message !== undefined, 'the message');
  expect(device.received.receive_message).toHaveLength(1);
  expect((await call('POST', '/messages', { ...message, senderId: eve._id, clientMessageId: 'order-2' })).body.code).toBe(
    'NOT_A_PARTICIPANT',
  );
  expect((await call('POST', '/rooms', { userIds: [ann._id, 'f'.repeat(24)] })).body.code).toBe('USER_NOT_FOUND');
  expect((await call('POST', '/rooms', { userIds: [ann._id, ann._id] })).body.code).toBe('BAD_REQUEST');
});

describe('events', () => {
  test('when an event comes structured, batched, as plain JSON or in binary mode, then each is a notification', async () => {
    const ann = await product.register('Ann Events');
    const { messages } = await listener(ann.token);
    const structured = { 'content-type': 'application/cloudevents+json; charset=utf-8' };
    expect(await call('POST', '/events', event('LIKE', about(ann._id)), structured)).toMatchObject({ status: 202, body: { accepted: 1 } });
    const batch = [event('COMMENT', about(ann._id, { excerpt: null })), event('EVENT_RSVP', about(ann._id, { status: 'going' }))];
    const batched = { 'content-type': 'application/cloudevents-batch+json' };
    expect((await call('POST', '/events', batch, batched)).body).toEqual({ accepted: 2 });
    const { specversion: _, ...plain } = event(
      'LIKE',
      about(ann._id, { actorId: 'e'.repeat(24), actorName: 'Eve', referenceId: 'photo 17/a' }),
    );
    expect((await call('POST', '/events', plain)).status).toBe(202);
    const binary = {
      'ce-specversion': '1.0',
      'ce-id': 'b%20%E2%82%AC',
      'ce-source': '/billing',
      'ce-type': 'FOLLOW',
      'ce-time': '2099-01-01T00:00:00Z',
    };
    expect((await call('POST', '/events', about(ann._id, { referenceId: 'a b' }), binary)).status).toBe(202);
    await waitFor(() => messages().length === 5, 'five notifications');
    expect(messages().sort()).toEqual([
      'Dan commented on your post',
      'Dan follows you',
      'Dan is going to your event',
      'Dan liked your post',
      'Eve liked your post',
    ]);
    const list = (await product.call('GET', '/api/notifications', ann.token)).body;
    expect(list.find(({ type }: { type: string }) => type === 'FOLLOW')).toMatchObject({
      link: `/people/${'d'.repeat(24)}?of=a%20b`,
      referenceId: 'a b',
    });
    expect(list.map(({ referenceId }: { referenceId: string }) => referenceId)).toContain('photo 17/a');
  });
  test('when users are named by their subject, then the notification reaches them', async () => {
    const { messages } = await listener(tokenOf('subject|77'));
    await call('POST', '/events', event('LIKE', about('subject|77', { actorId: 'subject|78' })));
    await waitFor(() => messages().includes('Dan liked your post'), 'the notification');
  });
  test('when one event of several is wrong, then none is published, and each field is named', async () => {
    const ann = await product.register('Ann Wrong');
    const refused = await call('POST', '/events', [
      event('LIKE', about(ann._id)),
      event('EVENT_RSVP', about(ann._id, { status: 'perhaps' })),
      event('SHARE', {}),
      { ...event('LIKE', about(ann._id)), source: 'linsta/posts' },
      event('MESSAGE_SENT', { chatRoomId: POST, messageId: POST, seq: 1, senderId: POST, recipientIds: [], excerpt: '' }),
    ]);
    expect(refused.status).toBe(400);
    expect(refused.body.detail).toMatch(/^events\.1: data\.status /);
    expect((await product.call('GET', '/api/notifications', ann.token)).body).toEqual([]);
    expect((await call('POST', '/events', [])).status).toBe(400);
    expect((await call('POST', '/events', '{')).body.code).toBe('MALFORMED_JSON');
    expect((await call('POST', '/events', 'x', { 'content-type': 'text/plain' })).body.code).toBe('UNSUPPORTED_MEDIA_TYPE');
    expect((await call('POST', '/events', JSON.stringify({ pad: 'x'.repeat(1_100_000) }))).body.code).toBe('BODY_TOO_LARGE');
  });
});

test('when a server ends the sessions of a user, then REST and sockets end until a token of a later time comes', async () => {
  const [ann, early] = [await product.register('Ann Ended'), tokenOf('ina')];
  const [mine, hers] = [product.device(ann.token), product.device(early)];
  await Promise.all([mine.connected, hers.connected]);
  for (const id of [ann._id, userIdOfSubject('host', 'ina')]) expect((await call('DELETE', `/users/${id}/sessions`)).status).toBe(204);
  for (const token of [ann.token, early])
    expect((await product.call('GET', '/api/users/me', token)).body).toMatchObject({ status: 401, code: 'SESSION_ENDED' });
  await waitFor(() => mine.socket.disconnected && hers.socket.disconnected, 'the sockets being closed');
  expect(hers.received.error).toMatchObject([{ code: 'SESSION_ENDED' }]);
  await expect(product.device(early).connected).rejects.toMatchObject({ data: { code: 'INVALID_TOKEN' } });

  const later = tokenOf('ina', { iat: Math.floor(Date.now() / 1000) + 2 });
  expect((await product.call('GET', '/api/users/me', later)).status).toBe(200);
  await product.device(later).connected;
  const again = await product.call('POST', '/api/auth/login', undefined, { email: ann.email, password: 'correct horse' });
  expect((await product.call('GET', '/api/users/me', again.body.token)).status).toBe(200);
});

describe('as the documents tell', () => {
  const blocksOf = (page: string) => {
    const text = readFileSync(join(__dirname, '..', '..', 'docs', page), 'utf8');
    return [...text.matchAll(/```sh\n([\s\S]+?)```/g)].map(([, code = '']) => code);
  };
  const run = async (code: string) =>
    (
      await promisify(execFile)('sh', ['-ec', code.replaceAll('http://localhost:5000', product.url)], {
        env: { PATH: process.env.PATH, KEY },
      })
    ).stdout;
  test('when the calls of docs/server-api.md are run as they stand, then they succeed', async () => {
    const answers = await Promise.all(
      blocksOf('server-api.md')
        .filter((code) => code.includes('curl'))
        .map(run),
    );
    expect(answers.map((answer) => JSON.parse(answer))).toEqual([expect.objectContaining({ name: 'Ann' }), { accepted: 1 }]);
  });
  test('when docs/issuers.md computes the id of a user, then it is the id of the product', async () => {
    const [code = ''] = blocksOf('issuers.md').filter((block) => block.includes('sha256sum'));
    expect((await run(code)).trim()).toBe(userIdOfSubject('https://login.example.com', 'auth0|17'));
  });
});

test('when a server calls too often, then it is told to wait', async () => {
  const statuses = await Promise.all(Array.from({ length: 220 }, async () => (await call('GET', '/nowhere')).status));
  expect(new Set(statuses)).toEqual(new Set([404, 429]));
});
