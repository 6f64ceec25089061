import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createLinsta, createMemoryOutbox } from '@linsta/client';
import { waitFor } from '@linsta/testing';
import { Server } from 'socket.io';

test('when the server refuses subscribe_notifications for now, then the client repeats it on the same connection until it succeeds', async () => {
  const http = createServer();
  const io = new Server(http, { path: '/socket.io' });
  const requests: string[] = [];
  io.on('connection', (socket) => {
    socket.on('subscribe_notifications', (...args) => {
      requests.push(socket.id);
      const ack = args.at(-1) as (answer: object) => void;
      ack(requests.length < 3 ? { ok: false, error: { code: 'UNAVAILABLE', message: 'Not now' } } : { ok: true });
    });
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const linsta = createLinsta({
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    token: 'any',
    userId: 'a'.repeat(24),
    outbox: createMemoryOutbox(),
    transports: ['websocket'],
    retry: { firstDelayMs: 20 },
  });
  linsta.connect();
  try {
    await waitFor(() => requests.length === 3, 'the third request', 15_000);
    expect(new Set(requests).size).toBe(1);
    // Many further retries would fit into this time.
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(requests).toHaveLength(3);
  } finally {
    linsta.close();
    await io.close();
  }
}, 30_000);
