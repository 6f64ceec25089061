import { randomBytes } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { waitFor } from '@linsta/testing';
import { Webhook } from 'standardwebhooks';
import { startProduct, type Person, type Product } from '../support/product';

const SECRET = `whsec_${randomBytes(32).toString('base64')}`;
const OTHER_SECRET = `whsec_${randomBytes(24).toString('base64')}`;

interface Received {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}
let endpoint: Server;
let received: Received[] = [];
/** Answers instead of 200, for requests that it matches. */
let refuse: (request: Received) => number | undefined = () => undefined;
let product: Product;
beforeAll(async () => {
  endpoint = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const got = { path: request.url ?? '', headers: request.headers, body };
      const status = refuse(got);
      if (status === undefined) received.push(got);
      response.writeHead(status ?? 200, status === 302 ? { location: '/elsewhere' } : {}).end();
    });
  });
  await new Promise<void>((resolve) => endpoint.listen(0, '127.0.0.1', resolve));
  const base = `http://127.0.0.1:${(endpoint.address() as AddressInfo).port}`;
  product = await startProduct({
    WEBHOOKS: JSON.stringify([
      { url: `${base}/all`, secret: SECRET },
      { url: `${base}/notifications`, types: ['notification'], secret: OTHER_SECRET },
    ]),
  });
});
afterAll(async () => {
  await product.stop();
  endpoint.close();
});
beforeEach(() => {
  received = [];
  refuse = () => undefined;
});

const at = (path: string) => received.filter((request) => request.path === path);
const dataOf = ({ body }: Received) => JSON.parse(body).data;
const headersOf = ({ headers }: Received) => headers as Record<string, string>;
const people = async (): Promise<[Person, Person]> => [await product.register('Ann Hook'), await product.register('Ben Hook')];
const roomOf = async (one: Person, other: Person) =>
  (await product.call('POST', '/api/chat/rooms', one.token, { otherUserId: other._id })).body.chatRoomId as string;
const say = (person: Person, chatRoomId: string, text: string) =>
  product.call('POST', `/api/chat/messages/${chatRoomId}`, person.token, { text });
const like = async (owner: Person, liker: Person) => {
  const post = (await product.call('POST', '/api/posts', owner.token, { text: 'a post' })).body;
  await product.call('POST', `/api/posts/${post._id}/like`, liker.token);
  return post;
};

test('when a message is sent, then its endpoint gets it once, signed by the Standard Webhooks scheme', async () => {
  const [ann, ben] = await people();
  const chatRoomId = await roomOf(ann, ben);
  await say(ann, chatRoomId, 'a message for a push');
  await waitFor(() => at('/all').length === 1, 'the message');
  const [request] = at('/all') as [Received];
  expect(new Webhook(SECRET).verify(request.body, headersOf(request))).toMatchObject({
    type: 'message',
    timestamp: expect.any(String),
    data: { chatRoomId, seq: 1, senderId: ann._id, recipientIds: [ben._id], excerpt: 'a message for a push' },
  });
  expect(() => new Webhook(OTHER_SECRET).verify(request.body, headersOf(request))).toThrow();
  expect(() => new Webhook(SECRET).verify(request.body.replace('push', 'pull'), headersOf(request))).toThrow();
  expect(at('/notifications')).toEqual([]);
});

test('when a post is liked, then every endpoint of notifications gets the notification', async () => {
  const [ann, ben] = await people();
  const post = await like(ann, ben);
  await waitFor(() => at('/all').length === 1 && at('/notifications').length === 1, 'both requests');
  for (const request of [...at('/all'), ...at('/notifications')])
    expect(JSON.parse(request.body)).toMatchObject({
      type: 'notification',
      data: { userId: ann._id, type: 'LIKE', message: 'Ben Hook liked your post', referenceId: post._id },
    });
  const [request] = at('/notifications') as [Received];
  expect(() => new Webhook(OTHER_SECRET).verify(request.body, headersOf(request))).not.toThrow();
});

test('when an endpoint refuses a message, then it comes again, before the later ones of its room, and other rooms go on', async () => {
  const [ann, ben] = await people();
  const cleo = await product.register('Cleo Hook');
  const [held, free] = [await roomOf(ann, ben), await roomOf(ann, cleo)];
  let refusals = 0;
  const ids = new Set<string>();
  refuse = (request) => {
    const { excerpt } = dataOf(request);
    if (excerpt !== 'first') return undefined;
    ids.add(headersOf(request)['webhook-id'] ?? '');
    refusals += 1;
    return refusals === 1 ? 503 : refusals === 2 ? 302 : undefined;
  };
  await say(ann, held, 'first');
  await say(ann, held, 'second');
  await say(ann, free, 'elsewhere');
  await waitFor(() => at('/all').length === 1, 'the other room');
  expect(dataOf(at('/all')[0] as Received).excerpt).toBe('elsewhere');
  await waitFor(() => at('/all').length === 3, 'both messages', 25_000);
  expect(at('/all').map((request) => dataOf(request).excerpt)).toEqual(['elsewhere', 'first', 'second']);
  // The same id each time, by which a receiver knows a repeat.
  expect([refusals, ids.size]).toEqual([3, 1]);
  expect(at('/elsewhere')).toEqual([]);
}, 60_000);

test('when the product stops while an endpoint is away, then the delivery goes out after the start', async () => {
  const [ann, ben] = await people();
  let away = true;
  refuse = () => (away ? 500 : undefined);
  await say(ann, await roomOf(ann, ben), 'before the stop');
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  await product.restart();
  away = false;
  await waitFor(() => at('/all').length === 1, 'the delivery', 30_000);
}, 60_000);
