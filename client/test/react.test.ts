import { createLinsta, createMemoryOutbox, createSession, type Linsta, type Session } from '@linsta/client';
import { LinstaProvider, useConnection, useNotifications, useRooms, useSelected, useStore } from '@linsta/client/react';
import { waitFor } from '@linsta/testing';
import { JSDOM } from 'jsdom';
import * as React from 'react';
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server } from 'socket.io';
import { createStorageStub, tokenOf } from './support/fetch-stub.js';

const { createElement: h } = React;
const USER = 'a'.repeat(24);
const globals = globalThis as unknown as Record<string, unknown>;
const PAGE_GLOBALS = ['window', 'document', 'navigator', 'HTMLElement', 'Node', 'Event'] as const;
let http: HttpServer;
let io: Server;
let url: string;
beforeAll(async () => {
  http = createServer((_request, response) => response.setHeader('content-type', 'application/json').end('[]'));
  io = new Server(http, { path: '/socket.io' });
  io.on('connection', (socket) =>
    socket.onAny((...args) => (args.at(-1) as (answer: object) => void)({ ok: true, rooms: [], notifications: [], unread: {} })),
  );
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
});
afterAll(() => io.close());
/** A page; its globals exist until it is closed, so that a server can be imitated without them. */
const openPage = (html: string) => {
  const dom = new JSDOM(`<!doctype html><div id="root">${html}</div>`, { url: 'http://localhost' });
  for (const name of PAGE_GLOBALS) globals[name] = dom.window[name as never];
  return {
    root: dom.window.document.getElementById('root')!,
    close() {
      for (const name of PAGE_GLOBALS) delete globals[name];
      dom.window.close();
    },
  };
};
const createClient = (): Linsta => createLinsta({ url, token: tokenOf({ userId: USER }), userId: USER, outbox: createMemoryOutbox() });

test('given a client that is created in an effect under StrictMode, when React runs the effect twice, then it is online', async () => {
  const page = openPage('');
  const { createRoot } = await import('react-dom/client');
  const kept = createClient();
  /** One client over both runs of the effect, as `useState(createLinsta)` makes it. */
  function App() {
    const { status } = useConnection();
    React.useEffect(() => {
      kept.connect();
      return () => kept.close();
    }, []);
    return h('p', null, status);
  }
  const root = createRoot(page.root);
  root.render(h(React.StrictMode, null, h(LinstaProvider, { linsta: kept }, h(App))));
  try {
    await waitFor(() => page.root.textContent === 'online', 'being online', 5_000);
  } finally {
    root.unmount();
    kept.close();
    await new Promise((resolve) => setImmediate(resolve));
    page.close();
  }
});

describe('server rendering', () => {
  function App({ session }: { session: Session }) {
    const { status, user } = useStore(session);
    const { rooms } = useRooms();
    const { unread } = useNotifications();
    const connection = useSelected(useLinstaConnection(), statusOf);
    return h('p', null, [status, user?.name ?? 'nobody', rooms.length, unread, connection].join(', '));
  }
  const statusOf = ({ status }: { status: string }) => status;
  let linsta: Linsta;
  const useLinstaConnection = () => linsta.connection;
  const user = { _id: USER, name: 'Ann', email: 'ann@example.com', avatarUrl: null, createdAt: '' };

  test('given a session that the browser keeps, when the page is hydrated, then both sides render the same, and then the session is shown', async () => {
    const { renderToString } = await import('react-dom/server');
    linsta = createLinsta({ getToken: () => '' });
    const html = renderToString(h(LinstaProvider, { linsta }, h(App, { session: createSession() })));
    expect(html).toContain('restoring, nobody, 0, 0, connecting');

    const page = openPage(html);
    const { hydrateRoot } = await import('react-dom/client');
    const storage = createStorageStub();
    storage.values.set('linsta.session', JSON.stringify({ token: tokenOf({ userId: USER }), refreshToken: 'r', user }));
    linsta = createClient();
    linsta.connect();
    await waitFor(() => linsta.connection.get().status === 'online', 'being online before the page is hydrated');
    const faults: unknown[] = [];
    const session = createSession({ url, storage });
    const root = hydrateRoot(page.root, h(LinstaProvider, { linsta }, h(App, { session })), {
      onRecoverableError: (error) => faults.push(error),
    });
    try {
      await waitFor(() => page.root.textContent?.startsWith('signed-in, Ann') === true, 'the kept session');
      await waitFor(() => page.root.textContent?.endsWith('online') === true, 'the connection');
      expect(faults).toEqual([]);
    } finally {
      root.unmount();
      linsta.close();
      session.close();
      await new Promise((resolve) => setImmediate(resolve));
      page.close();
    }
  });
});
