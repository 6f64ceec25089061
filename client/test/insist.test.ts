import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createLinsta, createMemoryOutbox } from '@linsta/client';
import { waitFor } from '@linsta/testing';
import { Server } from 'socket.io';

test('when the server cannot let one hear the bell just now, then one asks again on the same connection until it can', async () => {
  const http = createServer();
  const io = new Server(http, { path: '/socket.io' });
  const asked: string[] = [];
  io.on('connection', (socket) => {
    socket.on('subscribe_notifications', (...args) => {
      asked.push(socket.id);
      const ack = args.at(-1) as (answer: object) => void;
      ack(asked.length < 3 ? { ok: false, error: { code: 'UNAVAILABLE', message: 'Not now' } } : { ok: true });
    });
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const linsta = createLinsta({
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    token: 'any',
    userId: 'a'.repeat(24),
    outbox: createMemoryOutbox(),
    transports: ['websocket'],
  });
  linsta.connect();
  try {
    await waitFor(() => asked.length === 3, 'the third question', 15_000);
    expect(new Set(asked).size).toBe(1);
    // Answered, it is not asked again.
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(asked).toHaveLength(3);
  } finally {
    linsta.close();
    await io.close();
  }
}, 30_000);
