import { createLinsta, createSession } from '@linsta/client';
import { waitFor } from '@linsta/testing';
import { io } from 'socket.io-client';
import { startProduct, type Product } from '../support/product';

let product: Product;
let origin: string;
beforeAll(async () => {
  product = await startProduct({ BASE_PATH: '/linsta' });
  origin = new URL(product.url).origin;
});
afterAll(() => product.stop());

const statusOf = async (path: string) => (await fetch(origin + path)).status;

test('when the product is served below a path, then it answers there and nowhere else, but for its health', async () => {
  expect(product.url).toBe(`${origin}/linsta`);
  for (const path of [
    '/linsta',
    '/linsta/',
    '/linsta/chat',
    '/linsta/livez',
    '/linsta/readyz',
    '/livez',
    '/readyz',
    '/linsta/openapi.json',
  ])
    expect([path, await statusOf(path)]).toEqual([path, 200]);
  for (const path of ['/', '/chat', '/api/users/me', '/openapi.json', '/linstaX', '/linsta2/livez', '/socket.io/?EIO=4&transport=polling'])
    expect([path, await statusOf(path)]).toEqual([path, 404]);
  expect(await statusOf('/linsta/api/users/me')).toBe(401);
  expect(await statusOf('/linsta//api/users/me')).toBe(400);
  expect(await (await fetch(`${origin}/nowhere`)).json()).toMatchObject({ status: 404, code: 'PATH_NOT_FOUND' });
});

test('when the documents are fetched below a path, then they name it', async () => {
  expect((await (await fetch(`${product.url}/openapi.json`)).json()).servers).toEqual([{ url: '/linsta' }]);
  expect((await (await fetch(`${product.url}/asyncapi.json`)).json()).channels.socket.address).toBe('/linsta/socket.io/');
});

test('when sockets connect below a path, then polling, the upgrade and WebSocket alone work', async () => {
  const ann = await product.register('Ann Path');
  for (const transports of [['websocket'], ['polling'], ['polling', 'websocket']] as ('websocket' | 'polling')[][]) {
    const device = product.device(ann.token, transports);
    await device.connected;
    expect(await device.request('resume', { rooms: [] })).toMatchObject({ ok: true });
  }
  const stray = io(origin, { transports: ['websocket'], reconnection: false, auth: { token: ann.token } });
  await expect(
    new Promise((resolve, reject) => void stray.once('connect', () => resolve('in')).once('connect_error', reject)),
  ).rejects.toThrow();
});

test('when the SDK gets the URL with its path, then sessions, calls and messages work', async () => {
  const ben = await product.register('Ben Path');
  const session = createSession({ url: product.url, storage: 'memory' });
  await session.register({ name: 'Cleo Path', email: `cleo.${Date.now()}@example.com`, password: 'correct horse' });
  const linsta = createLinsta({ url: product.url, getToken: session.getToken });
  linsta.connect();
  const { chatRoomId } = await linsta.call('POST /api/chat/rooms', { body: { otherUserId: ben._id } });
  linsta.messages(chatRoomId).send('below a path');
  await waitFor(() => linsta.connection.get().status === 'online' && linsta.connection.get().waiting === 0, 'the message being sent');
  await waitFor(
    async () => (await product.call('GET', `/api/chat/messages/${chatRoomId}`, ben.token)).body[0]?.text === 'below a path',
    'the message',
  );
  linsta.close();
});
