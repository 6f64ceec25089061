import { request } from 'node:http';
import { waitFor } from '@linsta/testing';
import jwt from 'jsonwebtoken';
import { startProduct, type Person, type Product } from '../support/product';

const JWT_SECRET = 'a secret of more than thirty-two characters';
const GHOST = 'f'.repeat(24);

let product: Product;
let ann: Person;
let ben: Person;
let eve: Person;
let chatRoomId: string;
let postId: string;
let eventId: string;
beforeAll(async () => {
  product = await startProduct({ JWT_SECRET });
  [ann, ben, eve] = (await Promise.all(['Ann', 'Ben', 'Eve'].map((name) => product.register(name)))) as [Person, Person, Person];
  chatRoomId = (await product.call('POST', '/api/chat/rooms', ann.token, { otherUserId: ben._id })).body.chatRoomId;
  postId = (await product.call('POST', '/api/posts', ann.token, { text: 'mine' })).body._id;
  eventId = (await product.call('POST', '/api/events', ann.token, { title: 'Tea', startsAt: '2030-01-01T10:00:00Z' })).body._id;
});
afterAll(async () => {
  // After any hostile input, other users are still served.
  const { status } = await product.call('POST', `/api/chat/messages/${chatRoomId}`, ann.token, { text: 'still here' });
  expect(status).toBe(201);
  await product.stop();
});

/**
 * Sends a body as it stands. `call` has checked that the refusal is a problem of the documented
 * shape.
 */
const raw = async (method: string, path: string, body: string | Uint8Array<ArrayBuffer>, type = 'application/json', token = ann.token) => {
  const response = await fetch(product.url + path, { method, headers: { 'content-type': type, authorization: `Bearer ${token}` }, body });
  return { status: response.status, body: await response.json() };
};
const assertProblem = (body: any, status: number) => {
  expect(body).toMatchObject({
    status,
    code: expect.stringMatching(/^[A-Z_]+$/),
    detail: expect.any(String),
    requestId: expect.any(String),
  });
  // Nothing of a driver, a path or a stack.
  expect(JSON.stringify(body)).not.toMatch(/mongo|E11000|cast to|node_modules|\.ts:|\.js:|at \w+ \(|ValidationError|BSON/i);
};

const MEGABYTE = 'a'.repeat(1_000_000);
const TEXTS: [string, unknown, number][] = [
  ['empty', '', 400],
  ['white space', ' \n\t ', 400],
  ['4,001 characters', 'a'.repeat(4_001), 400],
  ['a number', 5, 400],
  ['null', null, 400],
  ['an array', ['hello'], 400],
  ['an operator', { $gt: '' }, 400],
  ['a lone surrogate', 'a\ud800b', 400],
  ['a NUL', 'a\u0000b', 400],
  ['a control character', 'a\u0007b', 400],
  ['a C1 control character', 'a\u009bb', 400],
  ['a right-to-left override', 'abc\u202edef', 400],
  ['zero-width spaces', '\u200b\u200b', 400],
  ['Hangul fillers', '\u3164', 400],
  ['Braille blanks', '\u2800\u2800', 400],
  ['variation selectors', '\ufe0f\u{e0101}', 400],
  ['a megabyte', MEGABYTE, 413],
];

describe('texts', () => {
  test.each(TEXTS)('when a text is %s, then it is refused at every endpoint that takes one', async (_what, text, status) => {
    for (const path of [`/api/posts`, `/api/posts/${postId}/comments`, `/api/chat/messages/${chatRoomId}`]) {
      const answer = await product.call('POST', path, ann.token, { text });
      expect([path, answer.status]).toEqual([path, status]);
      assertProblem(answer.body, status);
    }
  });
  test('when a text has invisible characters beside visible ones, 4,000 emoji or markup, then it is stored as given', async () => {
    for (const text of [
      'به \u2067فارسی\u2069 \u200d نوشته',
      '👩\u200d👩\u200d👧 ❤\ufe0f',
      '😀'.repeat(4_000),
      '<script>alert(1)</script> & "quotes"',
      "'; DROP TABLE users; --",
      '{"$gt": ""}',
    ]) {
      const { status, body } = await product.call('POST', '/api/posts', ann.token, { text });
      expect(status).toBe(201);
      expect((await product.call('GET', `/api/posts/${body._id}`, ben.token)).body.text).toBe(text);
    }
  });
  test('when a name holds a line break or an override, or is too long, then it is refused', async () => {
    for (const name of ['Ann\nBen', 'Ann\u202eneB', '', '   ', 'a'.repeat(81), 7, { $ne: null }])
      expect((await product.call('PATCH', '/api/users/me', ann.token, { name })).status).toBe(400);
  });
});

describe('bodies', () => {
  test.each([
    ['half a JSON', '{"text": "a'],
    ['a bare word', 'hello'],
    ['a string', '"hello"'],
    ['a number', '17'],
    ['null', 'null'],
    ['an array', '[]'],
    ['nothing', ''],
    ['a prototype', '{"text":"a","__proto__":{"admin":true}}'],
    ['a constructor', '{"text":"a","constructor":{"prototype":{"admin":true}}}'],
    ['an unknown field', '{"text":"a","authorId":"' + GHOST + '"}'],
    ['a dotted key', '{"text":"a","author.name":"x"}'],
    ['an operator', '{"$where":"sleep(1000)"}'],
    ['a deep nest', `{"text":${'['.repeat(20_000)}${']'.repeat(20_000)}}`],
  ])('when a body is %s, then it is 400 with a problem', async (_what, body) => {
    const answer = await raw('POST', '/api/posts', body);
    expect(answer.status).toBe(400);
    assertProblem(answer.body, 400);
    expect(({} as any).admin).toBeUndefined();
  });
  test('when an unknown field is sent, then it is refused by name', async () => {
    const { body } = await raw('POST', '/api/posts', '{"text":"a","likes":1000}');
    expect(JSON.stringify(body.errors)).toContain('likes');
  });
  test('when a body is not JSON by its own word, then it is 415', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/octet-stream', 'multipart/form-data; boundary=x'])
      expect((await raw('POST', '/api/posts', '{"text":"a"}', type)).status).toBe(415);
  });
  test('when bytes are not UTF-8, or the charset is another, then the body is refused', async () => {
    expect((await raw('POST', '/api/posts', new Uint8Array([0x7b, 0x22, 0xff, 0xfe]))).status).toBe(400);
    expect((await raw('POST', '/api/posts', '{"text":"a"}', 'application/json; charset=iso-8859-1')).status).toBe(415);
  });
});

describe('ids', () => {
  const BAD = ['1', 'me!', 'undefined', 'null', '[object Object]', '65'.repeat(13), 'zzzzzzzzzzzzzzzzzzzzzzzz', '__proto__', '$ne'];
  test.each(BAD)('when an id is %s, then it is 400, or no path at all, never 500', async (id) => {
    for (const path of ['/api/posts/ID', '/api/events/ID', '/api/users/ID', '/api/chat/messages/ID', '/api/posts/ID/comments']) {
      const { status } = await product.call('GET', path.replace('ID', encodeURIComponent(id)), ann.token);
      expect([path, [400, 404].includes(status)]).toEqual([path, true]);
    }
    for (const [path, body] of [
      ['/api/chat/rooms', { otherUserId: id }],
      [`/api/chat/messages/${chatRoomId}`, { text: 'a', clientMessageId: `${id} \u0000` }],
    ] as const)
      expect((await product.call('POST', path, ann.token, body)).status).toBe(400);
  });
  test('when an id names nothing, then it is 404', async () => {
    for (const [method, path, body] of [
      ['GET', `/api/posts/${GHOST}`],
      ['POST', `/api/posts/${GHOST}/like`],
      ['DELETE', `/api/posts/${GHOST}/like`],
      ['POST', `/api/posts/${GHOST}/comments`, { text: 'a' }],
      ['GET', `/api/events/${GHOST}`],
      ['POST', `/api/events/${GHOST}/rsvp`, { status: 'going' }],
      ['GET', `/api/users/${GHOST}`],
      ['POST', '/api/chat/rooms', { otherUserId: GHOST }],
      ['GET', `/api/chat/messages/${GHOST}`],
      ['POST', `/api/chat/messages/${GHOST}`, { text: 'a' }],
      ['POST', `/api/chat/rooms/${GHOST}/read`, { seq: 1 }],
      ['PATCH', `/api/notifications/${GHOST}/read`],
    ] as const)
      expect([path, (await product.call(method, path, ann.token, body)).status]).toEqual([path, 404]);
  });
  test("when the id is another's, then nothing is read and nothing is changed", async () => {
    await product.call('POST', `/api/posts/${postId}/like`, ben.token);
    const { body: notifications } = await product.call('GET', '/api/notifications', ann.token);
    for (const [method, path, body, status] of [
      ['GET', `/api/chat/messages/${chatRoomId}`, undefined, 403],
      ['POST', `/api/chat/messages/${chatRoomId}`, { text: 'let me in' }, 403],
      ['POST', `/api/chat/rooms/${chatRoomId}/read`, { seq: 1 }, 403],
      ['PATCH', `/api/notifications/${notifications[0]?._id ?? GHOST}/read`, undefined, 404],
    ] as const)
      expect([path, (await product.call(method, path, eve.token, body)).status]).toEqual([path, status]);
    expect((await product.call('GET', '/api/chat/rooms', eve.token)).body).toEqual([]);
    expect((await product.call('GET', `/api/users/${ann._id}`, eve.token)).body).not.toHaveProperty('email');
  });
});

describe('queries', () => {
  test.each([
    'limit=-1',
    'limit=0',
    'limit=101',
    'limit=1.5',
    'limit=abc',
    'limit=1e3',
    'limit=',
    'limit=5&limit=6',
    'limit[$gt]=1',
    'skip=-5',
    'skip=99999999999999999999',
    'beforeSeq=0',
    'beforeSeq=1&afterSeq=1',
    'unknown=1',
    '__proto__=1',
    '$where=1',
  ])('when the query is %s, then it is 400', async (query) => {
    const answer = await product.call('GET', `/api/chat/messages/${chatRoomId}?${query}`, ann.token);
    expect(answer.status).toBe(400);
    assertProblem(answer.body, 400);
  });
  test('when 10,000 users are requested at once, then it is refused', async () => {
    const userIds = Array.from({ length: 10_000 }, (_, n) => n.toString(16).padStart(24, '0'));
    const device = product.device(ann.token);
    await device.connected;
    expect(await device.request('presence_subscribe', { userIds })).toMatchObject({ ok: false });
    const query = userIds.slice(0, 300).join(',');
    expect((await product.call('GET', `/api/presence?userIds=${query}`, ann.token)).status).toBe(400);
  });
});

describe('sockets', () => {
  test.each<[string, unknown[], string]>([
    ['an unknown event', ['drop_everything', {}], 'UNKNOWN_EVENT'],
    ['an event of the server', ['receive_message', {}], 'UNKNOWN_EVENT'],
    ['an event called __proto__', ['__proto__', {}], 'UNKNOWN_EVENT'],
    ['an event called constructor', ['constructor', {}], 'UNKNOWN_EVENT'],
    ['no payload', ['send_message'], 'BAD_REQUEST'],
    ['a string', ['send_message', 'hello'], 'BAD_REQUEST'],
    ['null', ['send_message', null], 'BAD_REQUEST'],
    ['an array', ['send_message', []], 'BAD_REQUEST'],
    ['bytes', ['send_message', Buffer.from('hello')], 'BAD_REQUEST'],
    ['bytes for a text', ['send_message', { chatRoomId: GHOST, text: Buffer.from('hello') }], 'BAD_REQUEST'],
    ['two payloads', ['send_message', {}, {}], 'BAD_REQUEST'],
    ['an unknown field', ['send_message', { chatRoomId: GHOST, text: 'a', senderId: GHOST }], 'BAD_REQUEST'],
    ['an operator for an id', ['join_room', { chatRoomId: { $ne: null } }], 'BAD_REQUEST'],
    ['an id that is none', ['join_room', { chatRoomId: '42' }], 'BAD_REQUEST'],
    ['a negative limit', ['get_history', { chatRoomId: GHOST, limit: -1 }], 'BAD_REQUEST'],
    ['a fraction', ['mark_read', { chatRoomId: GHOST, seq: 1.5 }], 'BAD_REQUEST'],
    ['a seq as text', ['mark_read', { chatRoomId: GHOST, seq: '1' }], 'BAD_REQUEST'],
    ['a megabyte of text', ['send_message', { chatRoomId: GHOST, text: MEGABYTE }], 'BAD_REQUEST'],
    ['a room that is not there', ['join_room', { chatRoomId: GHOST }], 'NOT_FOUND'],
    ['a reaction that is no emoji', ['react', { chatRoomId: GHOST, seq: 1, emoji: '<b>', on: true }], 'BAD_REQUEST'],
    ['a megabyte of emoji', ['react', { chatRoomId: GHOST, seq: 1, emoji: '👍'.repeat(250_000), on: true }], 'BAD_REQUEST'],
    ['a reaction without a switch', ['react', { chatRoomId: GHOST, seq: 1, emoji: '👍' }], 'BAD_REQUEST'],
    ['a reaction of another user', ['react', { chatRoomId: GHOST, seq: 1, emoji: '👍', on: true, userId: GHOST }], 'BAD_REQUEST'],
    ['a reaction to an operator', ['react', { chatRoomId: GHOST, seq: { $gt: 0 }, emoji: '👍', on: true }], 'BAD_REQUEST'],
    ['an empty edit', ['edit_message', { chatRoomId: GHOST, seq: 1, text: ' ' }], 'BAD_REQUEST'],
    ['an edit with an override', ['edit_message', { chatRoomId: GHOST, seq: 1, text: 'abc\u202edef' }], 'BAD_REQUEST'],
    ['an edit of number 0', ['edit_message', { chatRoomId: GHOST, seq: 0, text: 'a' }], 'BAD_REQUEST'],
    ['an edit in no room', ['edit_message', { chatRoomId: GHOST, seq: 1, text: 'a' }], 'NOT_FOUND'],
    ['a reply to a text', ['send_message', { chatRoomId: GHOST, text: 'a', replyTo: '1' }], 'BAD_REQUEST'],
    ['a reply to number -1', ['send_message', { chatRoomId: GHOST, text: 'a', replyTo: -1 }], 'BAD_REQUEST'],
    ['typing in no room', ['typing', { chatRoomId: GHOST, typing: true }], 'NOT_FOUND'],
    ['typing as a word', ['typing', { chatRoomId: GHOST, typing: 'true' }], 'BAD_REQUEST'],
    ['no delivered marks', ['mark_delivered', { rooms: [] }], 'BAD_REQUEST'],
    [
      '101 delivered marks',
      ['mark_delivered', { rooms: Array.from({ length: 101 }, () => ({ chatRoomId: GHOST, seq: 1 })) }],
      'BAD_REQUEST',
    ],
    ['a delivered mark in no room', ['mark_delivered', { rooms: [{ chatRoomId: GHOST, seq: 1 }] }], 'NOT_FOUND'],
    ['a negative rev', ['resume', { rooms: [{ chatRoomId: GHOST, afterSeq: 0, afterRev: -1 }] }], 'BAD_REQUEST'],
    ['1,001 rooms', ['resume', { rooms: Array.from({ length: 1_001 }, () => ({ chatRoomId: GHOST, afterSeq: 0 })) }], 'BAD_REQUEST'],
  ])(
    'when a client sends %s, then it alone gets the error, twice: in the acknowledgement and as error',
    async (_what, [event, ...payload], code) => {
      const [mine, other] = [product.device(ann.token), product.device(ben.token)];
      await Promise.all([mine.connected, other.connected]);
      const answer: any = await mine.socket.timeout(5_000).emitWithAck(event as string, ...payload);
      expect(answer).toEqual({ ok: false, error: { code: expect.any(String), message: expect.any(String) } });
      if (code !== 'NOT_FOUND') expect(answer.error.code).toBe(code);
      expect(mine.received.error).toEqual([{ event, ...answer.error }]);
      expect(other.received.error).toBeUndefined();
      mine.socket.disconnect();
      other.socket.disconnect();
    },
  );
  test('when a user is no participant, then every call about messages is refused, and none of them answers a text', async () => {
    const message = `/api/chat/messages/${chatRoomId}/1`;
    for (const [method, path, body] of [
      ['PATCH', message, { text: 'a' }],
      ['GET', `${message}/edits`],
      ['POST', `${message}/reactions`, { emoji: '👍', on: true }],
      ['POST', '/api/chat/delivered', { rooms: [{ chatRoomId, seq: 1 }] }],
      ['POST', `/api/chat/rooms/${chatRoomId}/typing`, { typing: true }],
    ] as const) {
      const answer = await product.call(method, path, eve.token, body);
      expect([method, path, answer.status, answer.body.code]).toEqual([method, path, 403, 'NOT_A_PARTICIPANT']);
    }
    for (const seq of ['0', '-1', '1.5', '1e3', '%00', '$gt', '__proto__', '9'.repeat(30)])
      for (const [method, suffix, body] of [
        ['PATCH', '', { text: 'a' }],
        ['GET', '/edits'],
        ['POST', '/reactions', { emoji: '👍', on: true }],
      ] as const) {
        const { status } = await product.call(method, `/api/chat/messages/${chatRoomId}/${seq}${suffix}`, ann.token, body);
        expect([seq, method, [400, 404].includes(status)]).toEqual([seq, method, true]);
      }
    for (const privacy of [{}, null, { readReceipts: 'no' }, { email: false }, []])
      expect((await product.call('PATCH', '/api/users/me', ann.token, { privacy })).status).toBe(400);
  });
  test('when the acknowledgement is not a function, then the event is refused and the socket lives', async () => {
    const device = product.device(ann.token);
    await device.connected;
    device.socket.emit('send_message', { chatRoomId, text: 'a' }, 'not a function');
    expect(await device.request('join_room', { chatRoomId })).toMatchObject({ ok: true });
    expect(device.received.error).toHaveLength(1);
    device.socket.disconnect();
  });
  test('when a user uses a room without being a participant, then every event is refused', async () => {
    const device = product.device(eve.token);
    await device.connected;
    for (const [event, payload] of [
      ['join_room', { chatRoomId }],
      ['send_message', { chatRoomId, text: 'a' }],
      ['get_history', { chatRoomId }],
      ['mark_read', { chatRoomId, seq: 1 }],
      ['send_message', { chatRoomId, text: 'a', replyTo: 1 }],
      ['react', { chatRoomId, seq: 1, emoji: '👍', on: true }],
      ['edit_message', { chatRoomId, seq: 1, text: 'a' }],
      ['mark_delivered', { rooms: [{ chatRoomId, seq: 1 }] }],
      ['typing', { chatRoomId, typing: true }],
    ] as const)
      expect([event, (await device.request(event, payload)).error]).toEqual([
        event,
        { code: expect.any(String), message: 'User not a participant' },
      ]);
    expect((await device.request('resume', { rooms: [{ chatRoomId, afterSeq: 0 }] })).rooms).toEqual([]);
    device.socket.disconnect();
  });
});

describe('tokens', () => {
  const claims = () => ({ userId: ann._id });
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const tokens = (): [string, string][] => [
    ['expired', jwt.sign({ ...claims(), exp: Math.floor(Date.now() / 1000) - 10 }, JWT_SECRET)],
    ['signed with another key', jwt.sign(claims(), 'another secret of more than thirty-two characters')],
    ['unsigned', `${part({ alg: 'none', typ: 'JWT' })}.${part({ ...claims(), exp: 4_000_000_000 })}.`],
    ['for another algorithm', jwt.sign(claims(), JWT_SECRET, { algorithm: 'HS512' })],
    ['without a user', jwt.sign({ sub: ann._id }, JWT_SECRET)],
    ['for a user that is no id', jwt.sign({ userId: { $ne: null } }, JWT_SECRET)],
    ['cut short', ann.token.slice(0, -4)],
    ['not a token', 'hello'],
    ['huge', 'a'.repeat(8_000)],
  ];
  test('when a token is bad in whatever way, then REST answers 401 and the socket is refused', async () => {
    for (const [what, token] of tokens()) {
      const { status, body } = await product.call('GET', '/api/users/me', token);
      expect([what, status]).toEqual([what, 401]);
      assertProblem(body, 401);
      const device = product.device(token);
      await expect(device.connected).rejects.toMatchObject({ message: 'Invalid token', data: { code: 'INVALID_TOKEN' } });
      device.socket.disconnect();
    }
  });
  test('when the account’s session has ended, then its token is refused', async () => {
    const leaver = await product.register('Leaver');
    expect((await product.call('POST', '/api/auth/logout', leaver.token, {})).status).toBe(204);
    await waitFor(async () => (await product.call('GET', '/api/users/me', leaver.token)).status === 401, 'the token being refused', 6_000);
  });
});

describe('the wire', () => {
  const exchange = (options: { method?: string; path: string; headers?: Record<string, string> }) =>
    new Promise<number>((resolve, reject) => {
      const { hostname, port } = new URL(product.url);
      const outgoing = request({ host: hostname, port, ...options }, (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      });
      outgoing.on('upgrade', (response, socket) => {
        socket.destroy();
        resolve(response.statusCode ?? 0);
      });
      outgoing.on('error', reject).end();
    });
  test('when an upgrade goes to a wrong path, then it is 404 and ended', async () => {
    const headers = {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      'sec-websocket-version': '13',
    };
    for (const path of ['/', '/api/posts', '/internal/messages', '/socket.io', '/socket.io/../api'])
      expect([path, [400, 404].includes(await exchange({ path, headers }))]).toEqual([path, true]);
  });
  test('when a path is disguised, then internal endpoints stay unreachable', async () => {
    for (const path of [
      '/internal/messages',
      '/api/../internal/messages',
      '/api/%2e%2e/internal',
      '/api//posts',
      '/API/posts',
      '/api/posts/..%2f..%2finternal',
      '/api/posts\\x',
    ])
      expect([path, [400, 404].includes(await exchange({ path, headers: { authorization: `Bearer ${ann.token}` } }))]).toEqual([
        path,
        true,
      ]);
  });
  test('when a client claims to be a service or another user in a header, then the header has no effect', async () => {
    const headers = { authorization: `Bearer ${eve.token}`, 'x-user-id': ann._id, 'x-forwarded-user': ann._id, 'x-service': 'gateway' };
    const { _id } = (await (await fetch(`${product.url}/api/users/me`, { headers })).json()) as { _id: string };
    expect(_id).toBe(eve._id);
  });
  test('when the event is an invitation, then a status that is none is refused', async () => {
    for (const status of ['GOING', 'perhaps', '', null, 1])
      expect((await product.call('POST', `/api/events/${eventId}/rsvp`, ben.token, { status })).status).toBe(400);
    for (const startsAt of ['tomorrow', '2030-13-01T00:00:00Z', 5, '2030-01-01'])
      expect((await product.call('POST', '/api/events', ben.token, { title: 'x', startsAt })).status).toBe(400);
  });
});
