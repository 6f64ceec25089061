import { once } from 'node:events';
import { Agent, request } from 'node:https';
import { chromiumPath, describeWith, noBrowser, waitFor } from '@linsta/testing';
import { chromium } from 'playwright-core';
import { io, type Socket } from 'socket.io-client';
import { browserArguments } from '../support/browser';
import { startProduct, type Product } from '../support/product';
import { missingOf, PROXIES, startProxy, type RunningProxy } from './proxies/servers';

const AUTH_LIMIT = 60;
let product: Product;
beforeAll(async () => {
  product = await startProduct({ BASE_PATH: '/linsta', TRUSTED_PROXIES: '127.0.0.1', AUTH_RATE_LIMIT_PER_MINUTE: String(AUTH_LIMIT) });
});
afterAll(() => product.stop());

describe.each(PROXIES.map((proxy, at) => ({ proxy, at })))('$proxy.name', ({ proxy, at }) => {
  describeWith(missingOf(proxy), 'with the sample of deploy/proxy', () => {
    let running: RunningProxy;
    const sockets: Socket[] = [];
    beforeAll(async () => {
      running = await startProxy(proxy, product.url);
    }, 30_000);
    afterAll(async () => {
      for (const socket of sockets) socket.disconnect();
      await running?.stop();
    });

    /** One request of a client with this address. */
    const send = async (
      path: string,
      options: { method?: string; address?: string; agent?: Agent; headers?: Record<string, string>; body?: string } = {},
    ) => {
      const { method = 'GET', address, agent, headers = {}, body } = options;
      const outgoing = request({
        host: '127.0.0.1',
        port: running.port,
        path,
        method,
        headers: { host: `localhost:${running.port}`, ...headers },
        agent,
        localAddress: address,
        rejectUnauthorized: false,
      });
      outgoing.end(body);
      const [response] = await once(outgoing, 'response');
      let text = '';
      for await (const chunk of response) text += chunk;
      return { status: response.statusCode as number, headers: response.headers, text, reused: outgoing.reusedSocket };
    };
    const connect = async (token: string, transports: ('polling' | 'websocket')[]) => {
      const socket = io(running.origin, {
        path: '/linsta/socket.io',
        transports,
        auth: { token },
        forceNew: true,
        rejectUnauthorized: false,
      });
      sockets.push(socket);
      await new Promise<void>((resolve, reject) => void socket.once('connect', resolve).once('connect_error', reject));
      return socket;
    };

    test('when pages, assets and calls are fetched, then they come, and nothing comes from outside of the path', async () => {
      const page = await send('/linsta/chat');
      expect([page.status, page.text.includes('content="/linsta"')]).toEqual([200, true]);
      const [, asset = ''] = /src="(\/linsta\/assets\/[^"]+)"/.exec(page.text) ?? [];
      expect((await send(asset)).headers['content-type']).toContain('javascript');
      expect((await send('/linsta')).status).toBe(200);
      for (const path of ['/', '/linstax', '/api/users/me']) expect([path, (await send(path)).status]).toEqual([path, 404]);
      const refused = await send('/linsta/api/users/me', { headers: { origin: running.origin, 'x-request-id': 'of-a-client' } });
      expect([refused.status, refused.headers['x-request-id']]).toEqual([401, 'of-a-client']);
      const foreign = await send('/linsta/api/users/me', { headers: { origin: 'https://other.example' } });
      expect(foreign.status).toBe(403);
      const body = JSON.stringify({ email: 'x@example.com', password: 'y'.repeat(200) });
      const headers = { 'content-type': 'application/json', 'content-length': String(body.length) };
      expect(JSON.parse((await send('/linsta/api/auth/login', { method: 'POST', headers, body })).text).code).toBe('BAD_CREDENTIALS');
    });

    test('when sockets connect by polling, by WebSocket and by an upgrade, then messages arrive', async () => {
      const [ann, ben] = [await product.register('Ann Proxy'), await product.register('Ben Proxy')];
      const { chatRoomId } = (await product.call('POST', '/api/chat/rooms', ann.token, { otherUserId: ben._id })).body;
      const [polling, websocket, upgraded] = [
        await connect(ann.token, ['polling']),
        await connect(ben.token, ['websocket']),
        await connect(ben.token, ['polling', 'websocket']),
      ];
      await waitFor(() => upgraded.io.engine.transport.name === 'websocket', 'the upgrade');
      const texts: string[] = [];
      for (const socket of [polling, websocket, upgraded]) socket.on('receive_message', ({ text }: { text: string }) => texts.push(text));
      expect(await polling.emitWithAck('send_message', { chatRoomId, text: 'by polling' })).toMatchObject({ ok: true });
      expect(await websocket.emitWithAck('send_message', { chatRoomId, text: 'by WebSocket' })).toMatchObject({ ok: true });
      await waitFor(() => texts.length === 6, 'every message on every socket');
    });

    test('when a client sends again on its connection, then the connection is used again', async () => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      expect((await send('/linsta/livez', { agent })).reused).toBe(false);
      expect((await send('/linsta/livez', { agent })).reused).toBe(true);
      agent.destroy();
    });

    test('when a client reaches a limit, then no other address does, and a forged header helps neither', async () => {
      const [busy, calm] = [`127.0.1.${at + 1}`, `127.0.2.${at + 1}`];
      const body = JSON.stringify({ refreshToken: 'a.b' });
      const refresh = (address: string, more: Record<string, string> = {}) =>
        send('/linsta/api/auth/refresh', {
          method: 'POST',
          address,
          body,
          headers: { 'content-type': 'application/json', 'content-length': String(body.length), ...more },
        });
      const statuses: number[] = [];
      for (let count = 0; count <= AUTH_LIMIT; count += 1) statuses.push((await refresh(busy)).status);
      expect([statuses[0], statuses.at(-1)]).toEqual([401, 429]);
      expect((await refresh(calm)).status).toBe(401);
      expect((await refresh(busy, { 'x-forwarded-for': '203.0.113.7' })).status).toBe(429);
    });

    describeWith(noBrowser, 'in a browser', () => {
      test('when a user signs in, then the app is live below its path', async () => {
        const ann = await product.register('Ann Browser');
        const browser = await chromium.launch({ executablePath: chromiumPath ?? '', args: browserArguments });
        const page = await browser.newPage({ ignoreHTTPSErrors: true });
        const opened = page.waitForEvent('websocket', { timeout: 15_000 });
        await page.goto(`${running.origin}/linsta/`);
        await page.getByLabel('E-mail').fill(ann.email);
        await page.getByLabel('Password').fill('correct horse');
        await page.getByRole('button', { name: 'Sign in' }).click();
        await page.getByRole('navigation', { name: 'Main' }).waitFor();
        expect((await opened).url()).toContain('/linsta/socket.io/');
        await page.getByRole('link', { name: 'Events' }).click();
        expect(page.url()).toBe(`${running.origin}/linsta/events`);
        await browser.close();
      });
    });
  });
});
