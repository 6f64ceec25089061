import { createLogger } from '@linsta/core';
import { createServer, type Server as HttpServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { waitFor } from '@linsta/testing';
import { Server } from 'socket.io';
import { io as connect, type Socket } from 'socket.io-client';
import type { RealtimeServer } from '../src/server';
import { createSessionSweep } from '../src/sockets/sessions';

/** Sockets whose session is named by their token; the sweep looks the sessions up in `ended`. */
describe('the sweep over the sessions of connected sockets', () => {
  const ended = new Set<string>();
  let looks = 0;
  const sockets: Socket[] = [];
  let healthy = true;
  let failing = false;
  let http: HttpServer;
  let io: RealtimeServer;
  let sweep: { stop(): void };
  beforeAll(async () => {
    http = createServer().listen(0, '127.0.0.1');
    await once(http, 'listening');
    io = new Server(http);
    io.use((socket, next) => {
      socket.data.identity = { userId: 'a'.repeat(24), sid: socket.handshake.auth.sid };
      next();
    });
    sweep = createSessionSweep({
      io,
      busHealthy: () => healthy,
      logger: createLogger('test', 'silent'),
      sessions: {
        endedOf: async (identities) => {
          looks += 1;
          if (failing) throw new Error('away');
          return identities.filter(({ sid }) => ended.has(sid ?? ''));
        },
      },
    });
  });
  afterAll(async () => {
    sweep.stop();
    for (const socket of sockets) socket.disconnect();
    await io.close();
  });
  const device = async (sid: string) => {
    const socket = connect(`http://127.0.0.1:${(http.address() as AddressInfo).port}`, {
      transports: ['websocket'],
      forceNew: true,
      auth: { sid },
    });
    sockets.push(socket);
    const errors: any[] = [];
    socket.on('error', (error) => errors.push(error));
    await once(socket as never, 'connect');
    return { socket, errors };
  };

  test('while the bus is away, sessions that end without a report are closed, others stay; a failed look is repeated', async () => {
    const [gone, kept] = [await device('gone'), await device('kept')];
    healthy = false;
    failing = true;
    ended.add('gone');
    await waitFor(() => looks >= 1, 'a failed look', 15_000);
    failing = false;
    await waitFor(() => gone.socket.disconnected, 'the end of the socket', 15_000);
    expect(gone.errors).toMatchObject([{ code: 'SESSION_ENDED' }]);
    expect(kept.socket.connected).toBe(true);
    expect(kept.errors).toEqual([]);
  });
  test('when the bus comes back, then sessions are looked up at once: reports may have been lost', async () => {
    const { socket } = await device('late');
    // Both at once: only the recovery makes the next look due before the regular interval is over.
    ended.add('late');
    healthy = true;
    await waitFor(() => socket.disconnected, 'the end of the socket', 15_000);
  });
});
