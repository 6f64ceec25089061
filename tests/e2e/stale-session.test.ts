import { request } from 'node:http';
import { startProduct, type Product } from '../support/product';

describe('a session id of Socket.IO that is not valid any more', () => {
  let product: Product;
  beforeAll(async () => {
    product = await startProduct();
  });
  afterAll(() => product.stop());

  /** The answer to an upgrade to WebSocket with this session id. */
  const upgrade = (sid: string) =>
    new Promise<{ status: number | undefined; body: string }>((resolve, reject) => {
      const headers = {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': 'x'.repeat(22) + '==',
      };
      const sent = request(`${product.url}/socket.io/?EIO=4&transport=websocket&sid=${sid}`, { headers });
      sent.once('upgrade', (response, socket) => (socket.destroy(), resolve({ status: response.statusCode, body: '' })));
      sent.once('response', (response) => {
        let body = '';
        response.on('data', (chunk) => (body += chunk)).on('end', () => resolve({ status: response.statusCode, body }));
      });
      sent.once('error', reject).end();
    });
  const open = async (): Promise<string> => {
    const text = await (await fetch(`${product.url}/socket.io/?EIO=4&transport=polling`)).text();
    return JSON.parse(text.slice(1)).sid;
  };

  test.each(['of this node', 'of no node'])('an upgrade with one %s is 400: the client opens a new session', async (which) => {
    const sid = await open();
    const stale = which === 'of this node' ? sid.slice(0, -4) + 'AAAA' : 'A'.repeat(sid.length);
    const { status, body } = await upgrade(stale);
    expect(status).toBe(400);
    expect(body).toContain('Session ID unknown');
  });
  test('an upgrade with a living one succeeds', async () => expect((await upgrade(await open())).status).toBe(101));
});
