import { waitFor } from '@linsta/testing';
import { startProduct, type Product } from '../support/product';

describe('the metrics of a running product', () => {
  let product: Product;
  beforeAll(async () => {
    product = await startProduct();
  });
  afterAll(() => product.stop());

  const scrape = async (service: string): Promise<string> => (await fetch(`${product.internalUrl(service)}/metrics`)).text();
  /** The value of the series with these labels; 0 where there is none. */
  const valueOf = (text: string, name: string, labels: Record<string, string>): number =>
    text
      .split('\n')
      .filter((line) => line.startsWith(`${name}{`) && Object.entries(labels).every(([key, value]) => line.includes(`${key}="${value}"`)))
      .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);

  test('requests are counted by route and status, at the gateway and at the service; ids and unknown paths make no labels', async () => {
    const ann = await product.register('Ann');
    const { body: post } = await product.call('POST', '/api/posts', ann.token, { text: 'counted' });
    await product.call('POST', `/api/posts/${post._id}/like`, ann.token);
    await product.call('POST', '/api/posts', ann.token, {});
    for (const path of ['/api/nothing', '/api/nothing/else']) await product.call('GET', path, ann.token);
    const name = 'linsta_http_request_duration_seconds_count';
    for (const service of ['gateway', 'posts']) {
      const text = await scrape(service);
      expect(valueOf(text, name, { service, method: 'POST', route: '/api/posts/:id/like', status: '200' })).toBe(1);
      expect(valueOf(text, name, { service, method: 'POST', route: '/api/posts', status: '400' })).toBe(1);
      expect(text).not.toContain(post._id);
    }
    const text = await scrape('gateway');
    expect(valueOf(text, name, { route: 'other', status: '404' })).toBe(2);
    expect(text).not.toContain('nothing');
  });

  test('sockets are counted: connects and refusals, events by outcome, ends', async () => {
    const ben = await product.register('Ben');
    const device = product.device(ben.token);
    await device.connected;
    await device.request('subscribe_notifications');
    const { error } = await device.request('join_room', { chatRoomId: 'f'.repeat(24) });
    await expect(product.device('no token').connected).rejects.toThrow();
    const text = await scrape('realtime');
    expect(valueOf(text, 'linsta_sockets', {})).toBe(1);
    expect(valueOf(text, 'linsta_socket_connects_total', { outcome: 'ok' })).toBe(1);
    expect(valueOf(text, 'linsta_socket_connects_total', { outcome: 'INVALID_TOKEN' })).toBe(1);
    const count = 'linsta_socket_event_duration_seconds_count';
    expect(valueOf(text, count, { event: 'subscribe_notifications', outcome: 'ok' })).toBe(1);
    expect(valueOf(text, count, { event: 'join_room', outcome: error.code })).toBe(1);
    device.socket.disconnect();
    await waitFor(async () => valueOf(await scrape('realtime'), 'linsta_sockets', {}) === 0, 'the end of the socket');
    expect(valueOf(await scrape('realtime'), 'linsta_socket_disconnects_total', { reason: 'client namespace disconnect' })).toBe(1);
  });

  test('one service of the process reports its memory, event loop and open files', async () => {
    const texts = await Promise.all(['gateway', 'users', 'posts', 'events', 'chat', 'notification', 'realtime'].map(scrape));
    expect(texts.filter((text) => /^process_resident_memory_bytes\{/m.test(text))).toHaveLength(1);
  });

  test('clients do not reach metrics through the gateway', async () => {
    const answer = await fetch(`${product.url}/metrics`);
    expect(await answer.text()).not.toContain('linsta_');
  });
});
