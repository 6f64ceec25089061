import type { Socket } from 'node:net';

/**
 * Everything written to this connection in one turn of the event loop leaves in one piece: a device that gets its acknowledgement and five messages of a batch
 * costs one system call here, and one read and one write in every proxy on the way. Nothing waits for a timer.
 */
export function coalesceWrites(socket: Socket): void {
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
