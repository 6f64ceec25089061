import { messageOf, retry, toAppError, type Logger } from '@linsta/core';
import mongoose, { type Connection } from 'mongoose';
import { logCommands, observesCommands } from './command-log';
import { patchDriver } from './driver-patch';

export interface Database {
  connection: Connection;
  /** Declares the models' indexes; readiness waits for it. */
  buildIndexes(): Promise<void>;
  healthy(): Promise<boolean>;
  close(): Promise<void>;
}

const SELECTION_MS = 3_000;
const CONNECT_BACKOFF = { firstMs: 500, maxMs: 5_000 };

/**
 * Options of the whole process: a misspelt filter field throws, and a filter never takes operators
 * from a client.
 */
function configureMongoose(): void {
  mongoose.set('strictQuery', 'throw').set('sanitizeFilter', true).set('autoIndex', false).set('autoCreate', false);
  patchDriver();
}

/**
 * Opens one logical database of one service. Waits for the server without end; every later
 * operation has a deadline.
 */
export function openDatabase(options: {
  url: string;
  name: string;
  logger: Logger;
  poolSize?: number;
  /** Commands that take this long are logged at `warn`; unset: none. */
  slowMs?: number | undefined;
}): Database {
  configureMongoose();
  const { url, name, logger, slowMs } = options;
  const monitorCommands = observesCommands(logger, slowMs);
  const connection = mongoose.createConnection(url, {
    dbName: name,
    serverSelectionTimeoutMS: SELECTION_MS,
    connectTimeoutMS: SELECTION_MS,
    socketTimeoutMS: 4_500,
    waitQueueTimeoutMS: 4_000,
    maxPoolSize: options.poolSize ?? 20,
    minPoolSize: 1,
    bufferCommands: true,
    monitorCommands,
    retryWrites: true,
    writeConcern: { w: 'majority', journal: true },
    autoIndex: false,
    autoCreate: false,
  });
  connection.on('error', (error: Error) => logger.warn({ err: messageOf(error) }, 'database connection error'));
  if (monitorCommands) logCommands(connection.getClient(), { logger, slowMs });
  let closed = false;

  /**
   * Repeats until success, or until an error that does not pass. The first failure is logged, then
   * every tenth.
   */
  const retryUntilUp = (work: (attempt: number) => Promise<unknown>, passing: (error: unknown) => boolean) =>
    retry(work, {
      ...CONNECT_BACKOFF,
      stopped: () => closed,
      repeatable(error, attempt) {
        if (!passing(error)) return false;
        if (attempt % 10 === 0) logger.warn({ attempt, err: messageOf(error) }, 'waiting for the database');
        return true;
      },
    });

  return {
    connection,
    async buildIndexes() {
      await retryUntilUp(
        (attempt) =>
          attempt === 0 ? connection.asPromise() : connection.openUri(url, { dbName: name, serverSelectionTimeoutMS: SELECTION_MS }),
        () => true,
      );
      // A server that goes away again, or is too busy, is waited for like one that has not started
      // yet.
      for (const model of Object.values(connection.models))
        await retryUntilUp(
          () => model.createIndexes(),
          (error) => toAppError(error) !== undefined,
        );
    },
    async healthy() {
      try {
        await connection.db?.command({ ping: 1 });
        return connection.readyState === mongoose.ConnectionStates.connected;
      } catch {
        return false;
      }
    },
    async close() {
      closed = true;
      await connection.close();
    },
  };
}
