import { once } from 'node:events';
import { chmodSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import type { Doc } from '../bson';
import type { Authentication } from './authentication';
import { frameReply, messageLength, parseMessage, type Request } from './messages';
import { toError } from '../errors';

/** A connection that sends more requests than this before their answers is not read further. */
const MAX_QUEUED = 64;
const MAX_CONNECTIONS = 5_000;
/** A connection that has not signed in may hold this much unread. */
const MAX_UNKNOWN_BYTES = 64 * 1024;
const DRAIN_MS = 3_000;

/** A TCP port, or the path of a Unix socket. */
export type Address = { host: string; port: number } | { path: string };
interface Endpoint {
  answer: (request: Request, authentication: Authentication) => Promise<Doc>;
  authenticate: () => Authentication;
  onError: (error: Error) => void;
  /** A client began to speak TLS, which the store does not have. */
  onTls: () => void;
}

/**
 * Listens, cuts streams into messages, and answers each connection in its own order. Rejects with
 * the system's error, e.g. EADDRINUSE.
 */
export async function listen(address: Address, endpoint: Endpoint) {
  const sockets = new Set<Socket>();
  const state = { busy: 0, closing: false };
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    serve(socket, endpoint, state);
  });
  server.maxConnections = MAX_CONNECTIONS;
  await open(server, address);
  const bound = server.address();
  return {
    /** 0 for a Unix socket. */
    port: typeof bound === 'object' && bound !== null ? bound.port : 0,
    /** Takes no new work, lets running commands be answered, then closes the connections. */
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      state.closing = true;
      for (const socket of sockets) socket.pause();
      for (const until = Date.now() + DRAIN_MS; state.busy > 0 && Date.now() < until;)
        await new Promise((resolve) => setTimeout(resolve, 5));
      for (const socket of sockets) socket.destroySoon();
      const force = setTimeout(() => sockets.forEach((socket) => socket.destroy()), DRAIN_MS);
      await closed;
      clearTimeout(force);
    },
  };
}

async function open(server: Server, address: Address): Promise<void> {
  if (!('path' in address)) {
    server.listen(address.port, address.host);
    await once(server, 'listening');
    return;
  }
  // The directory is locked: a socket that lies here is that of a store that was killed.
  rmSync(address.path, { force: true });
  server.listen(address.path);
  await once(server, 'listening');
  // Until here the private directory around it keeps other users out.
  if (process.platform !== 'win32') chmodSync(address.path, 0o600);
}

/** A fatal alert: the client's library names the failed handshake instead of waiting. */
const TLS_HANDSHAKE_FAILURE = Buffer.from([0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 0x28]);
const isTls = (first: Buffer) => first[0] === 0x16 && first[1] === 0x03;

function serve(socket: Socket, { answer, authenticate, onError, onTls }: Endpoint, state: { busy: number; closing: boolean }): void {
  const queue: Request[] = [];
  const authentication = authenticate();
  let running = false;
  let greeted = false;

  const run = async () => {
    running = true;
    for (let request = queue.shift(); request !== undefined; request = queue.shift()) {
      state.busy += 1;
      try {
        const reply = await answer(request, authentication);
        if (request.wantsReply && socket.writable && !socket.write(frameReply(request, reply)))
          await Promise.race([once(socket, 'drain'), once(socket, 'close')]);
      } catch (error) {
        onError(toError(error));
        queue.length = 0;
        socket.destroy();
      } finally {
        state.busy -= 1;
      }
      if (!state.closing && queue.length < MAX_QUEUED && socket.isPaused() && socket.writable) socket.resume();
    }
    running = false;
  };

  const cut = createCutter(() => (authentication.isSignedIn() ? Infinity : MAX_UNKNOWN_BYTES));
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk: Buffer) => {
    if (!greeted && isTls(chunk)) {
      onTls();
      socket.end(TLS_HANDSHAKE_FAILURE);
      return;
    }
    greeted = true;
    try {
      for (const message of cut(chunk)) queue.push(parseMessage(message));
    } catch {
      queue.length = 0;
      socket.destroy(); // no protocol: this connection ends, no other is touched
      return;
    }
    if (queue.length >= MAX_QUEUED) socket.pause();
    if (!running) void run();
  });
}

/**
 * Turns a stream's chunks into whole messages. Throws for a message that is larger than `limit`
 * allows.
 */
function createCutter(limit: () => number): (chunk: Buffer) => Buffer[] {
  let pending: Buffer[] = [];
  let size = 0;
  return (chunk) => {
    pending.push(chunk);
    size += chunk.length;
    const messages: Buffer[] = [];
    for (;;) {
      let [first] = pending;
      if (first === undefined) return messages;
      if (first.length < 4 && pending.length > 1) pending = [(first = Buffer.concat(pending))];
      const length = messageLength(first);
      if (length !== undefined && length > limit()) throw new Error('a large message before the sign-in');
      if (length === undefined || size < length) return messages;
      const all = pending.length === 1 ? first : Buffer.concat(pending);
      messages.push(all.subarray(0, length));
      pending = all.length > length ? [all.subarray(length)] : [];
      size -= length;
    }
  };
}
