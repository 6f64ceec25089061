import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import type { Doc } from '../bson';
import { frameReply, messageLength, parseMessage, type Request } from './messages';

/** A connection that asks faster than it is answered waits in the kernel beyond this. */
const MAX_QUEUED = 64;
const MAX_CONNECTIONS = 5_000;
const DRAIN_MS = 3_000;

interface Door {
  answer: (request: Request) => Promise<Doc>;
  onError: (error: Error) => void;
}

/** Listens, cuts streams into messages, and answers each connection in its own order. Rejects with the system's error, e.g. EADDRINUSE. */
export async function listen({ host, port, ...door }: Door & { host: string; port: number }) {
  const sockets = new Set<Socket>();
  const state = { busy: 0, closing: false };
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    serve(socket, door, state);
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.listen(port, host);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    /** Takes no new work, lets what is under way be answered, then hangs up. */
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      state.closing = true;
      for (const socket of sockets) socket.pause();
      for (const until = Date.now() + DRAIN_MS; state.busy > 0 && Date.now() < until;)
        await new Promise((resolve) => setTimeout(resolve, 5));
      for (const socket of sockets) socket.destroySoon();
      const impatient = setTimeout(() => sockets.forEach((socket) => socket.destroy()), DRAIN_MS);
      await closed;
      clearTimeout(impatient);
    },
  };
}

function serve(socket: Socket, { answer, onError }: Door, state: { busy: number; closing: boolean }): void {
  const queue: Request[] = [];
  let running = false;

  const run = async () => {
    running = true;
    for (let request = queue.shift(); request !== undefined; request = queue.shift()) {
      state.busy += 1;
      try {
        const reply = await answer(request);
        if (request.wantsReply && socket.writable && !socket.write(frameReply(request, reply)))
          await Promise.race([once(socket, 'drain'), once(socket, 'close')]);
      } catch (error) {
        onError(error as Error);
        queue.length = 0;
        socket.destroy();
      } finally {
        state.busy -= 1;
      }
      if (!state.closing && queue.length < MAX_QUEUED && socket.isPaused() && socket.writable) socket.resume();
    }
    running = false;
  };

  const cut = createCutter();
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk: Buffer) => {
    try {
      for (const message of cut(chunk)) queue.push(parseMessage(message));
    } catch {
      queue.length = 0;
      socket.destroy(); // not the protocol: this connection ends, no other is touched
      return;
    }
    if (queue.length >= MAX_QUEUED) socket.pause();
    if (!running) void run();
  });
}

/** Turns a stream's chunks into whole messages. */
function createCutter(): (chunk: Buffer) => Buffer[] {
  let waiting: Buffer[] = [];
  let size = 0;
  return (chunk) => {
    waiting.push(chunk);
    size += chunk.length;
    const messages: Buffer[] = [];
    for (;;) {
      let [first] = waiting;
      if (first === undefined) return messages;
      if (first.length < 4 && waiting.length > 1) waiting = [(first = Buffer.concat(waiting))];
      const length = messageLength(first);
      if (length === undefined || size < length) return messages;
      const all = waiting.length === 1 ? first : Buffer.concat(waiting);
      messages.push(all.subarray(0, length));
      waiting = all.length > length ? [all.subarray(length)] : [];
      size -= length;
    }
  };
}
