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
 * The driver writes a command into a socket that is destroyed but has not said `close` yet, as happens when all connections end at once because the server goes,
 * and then waits for a `drain` that never comes. Where this meets a command, its caller waits for ever; where it meets the monitor, the whole client never finds
 * the server again. Here such a write fails when the socket closes, as every other one does, and what is retried after a lost connection is retried.
 *
 * Seen with mongodb 7.8 and 7.9; `mongo.test.ts` fails where this does not help any more.
 */
export function mendDriver(): void {
  const { Connection } = createRequire(require.resolve('mongoose'))('mongodb/lib/cmap/connection') as {
    Connection: { prototype: DriverConnection & { mended?: true } };
  };
  const { prototype } = Connection;
  if (prototype.mended === true) return;
  prototype.mended = true;
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
