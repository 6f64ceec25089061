import { setTimeout as pause } from 'node:timers/promises';
import { openConnection, openSession, toFrame } from './raw-client';

interface Target {
  url: string;
  token: string;
  chatRoomId: string;
  /** A large file of the web app. */
  asset: string;
}
/** One round of an attack; it is repeated until the end. */
export type Attack = (target: Target) => Promise<void>;

const event = (id: number, name: string, payload: unknown) => toFrame(`42${id}${JSON.stringify([name, payload])}`);

/** Every way that once took memory, descriptors, connections or time without a bound. */
export const attacks: Readonly<Record<string, Attack>> = {
  async 'pipelined requests, dropped'({ url, asset }) {
    const socket = await openConnection(url);
    socket.pause();
    socket.write(`GET ${asset} HTTP/1.1\r\nhost: localhost\r\n\r\n`.repeat(300));
    await pause(200);
    socket.destroy();
  },
  async 'connections that are kept'({ url }) {
    const sockets = await Promise.all(Array.from({ length: 500 }, () => openConnection(url)));
    for (const socket of sockets) socket.write('GET /livez HTTP/1.1\r\nhost: localhost\r\n\r\n');
    await pause(5_000);
    for (const socket of sockets) socket.destroy();
  },
  async 'history that is never read'({ url, token, chatRoomId }) {
    const socket = await openSession(url, token);
    if (socket === undefined) return pause(1_000);
    socket.pause();
    for (let id = 0; id < 1_000 && !socket.destroyed; id += 1) socket.write(event(id, 'get_history', { chatRoomId, limit: 100 }));
    await pause(5_000);
    socket.destroy();
  },
  async 'resumes that are never read'({ url, token, chatRoomId }) {
    const sockets = await Promise.all(Array.from({ length: 10 }, () => openSession(url, token)));
    for (const socket of sockets) {
      socket?.pause();
      for (let id = 0; id < 15; id += 1) socket?.write(event(id, 'resume', { rooms: [{ chatRoomId, afterSeq: 0 }] }));
    }
    await pause(5_000);
    for (const socket of sockets) socket?.destroy();
  },
  async 'refused events without end'({ url, token }) {
    const socket = await openSession(url, token);
    if (socket === undefined) return pause(1_000);
    socket.resume();
    const flood = Buffer.concat(Array.from({ length: 500 }, () => toFrame('42["no_such_event"]')));
    for (let round = 0; round < 100 && !socket.destroyed; round += 1) {
      if (!socket.write(flood)) await pause(5);
    }
    await pause(1_000);
    socket.destroy();
  },
};
