import type { EventEmitter } from 'node:events';
import { createRequire } from 'node:module';
import mongoose from 'mongoose';

interface DriverConnection {
  id: number | string;
  address: string;
  error: Error | null;
  socket: EventEmitter;
  writeCommand(...args: unknown[]): Promise<void>;
}

/**
 * Makes a write into a destroyed socket fail. The driver writes a command into a socket that is
 * destroyed but has not emitted `close` yet, as happens when a server ends all connections at once,
 * and then waits for a `drain` that never comes: the command's caller waits for ever, and where the
 * command was the monitor's, the client never finds the server again. With this patch such a write
 * fails when the socket closes, and retryable commands are retried.
 *
 * Seen with mongodb 7.8 and 7.9; `database.test.ts` hangs without it, and fails where a new driver
 * no longer fits.
 */
export function patchDriver(): void {
  const { Connection } = createRequire(require.resolve('mongoose'))('mongodb/lib/cmap/connection') as {
    Connection: { prototype: DriverConnection & { patched?: true } };
  };
  const { prototype } = Connection;
  if (prototype.patched === true) return;
  prototype.patched = true;
  const write = prototype.writeCommand;
  prototype.writeCommand = async function (...args) {
    let onClose: () => void = () => undefined;
    const closed = new Promise<never>((_, reject) => {
      onClose = () => reject(this.error ?? new mongoose.mongo.MongoNetworkError(`connection ${this.id} to ${this.address} closed`));
      this.socket.once('close', onClose);
    });
    try {
      await Promise.race([write.apply(this, args), closed]);
    } finally {
      this.socket.off('close', onClose);
    }
  };
}
