import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { RealtimeServer } from './server';

/**
 * Sends everything that is written to a connection in one turn of the event loop in one piece: an
 * acknowledgement and five messages of a batch cost one system call here, and one read and one
 * write in every proxy on the way. No data waits for a timer.
 */
function coalesceWrites(socket: Socket): void {
  const write = socket.write.bind(socket) as (...args: unknown[]) => boolean;
  let corked = false;
  const uncork = () => {
    corked = false;
    socket.uncork();
  };
  socket.write = (...args: unknown[]) => {
    if (!corked) {
      corked = true;
      socket.cork();
      process.nextTick(uncork);
    }
    return write(...args);
  };
}

/**
 * From the moment that a handshake succeeds: a refusal is followed by an immediate end, which would
 * discard it.
 */
export function coalesceWebSocketWrites(io: RealtimeServer): void {
  io.engine.on('headers', (_headers: unknown, request: IncomingMessage & { _query?: { transport?: string } }) => {
    if (request._query?.transport === 'websocket') coalesceWrites(request.socket);
  });
}
