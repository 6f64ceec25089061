import mongoose, { type Connection } from 'mongoose';
import { toAppError } from './errors';
import type { Logger } from './log';
import { mendDriver } from './mongo-driver';

// A typo in a filter must fail loudly, and a filter never takes operators from a client.
mongoose.set('strictQuery', 'throw').set('sanitizeFilter', true).set('autoIndex', false).set('autoCreate', false);
mendDriver();

export interface Database {
  connection: Connection;
  /** Declares the models' indexes; readiness waits for it. */
  buildIndexes(): Promise<void>;
  healthy(): Promise<boolean>;
  close(): Promise<void>;
}

/** One logical database of one service. Waits for the server, however long it takes to come; every later operation has its deadline. */
export function openDatabase(options: { url: string; name: string; logger: Logger; poolSize?: number }): Database {
  const connection = mongoose.createConnection(options.url, {
    dbName: options.name,
    serverSelectionTimeoutMS: 3_000,
    connectTimeoutMS: 3_000,
    socketTimeoutMS: 4_500,
    waitQueueTimeoutMS: 4_000,
    maxPoolSize: options.poolSize ?? 20,
    minPoolSize: 1,
    bufferCommands: true,
    retryWrites: true,
    writeConcern: { w: 'majority', journal: true },
    autoIndex: false,
    autoCreate: false,
  });
  connection.on('error', (error: Error) => options.logger.warn({ err: error.message }, 'database connection error'));
  let closed = false;
  /** Tries until it succeeds or fails for a reason that does not pass. */
  const insist = async (work: (attempt: number) => Promise<unknown>, passes: (error: unknown) => boolean): Promise<void> => {
    for (let attempt = 0; !closed; attempt += 1) {
      try {
        return void (await work(attempt));
      } catch (error) {
        if (!passes(error)) throw error;
        options.logger.warn({ err: (error as Error).message }, 'waiting for the database');
        await new Promise((resolve) => setTimeout(resolve, 1_000));
      }
    }
  };
  return {
    connection,
    async buildIndexes() {
      await insist(
        (attempt) =>
          attempt === 0
            ? connection.asPromise()
            : connection.openUri(options.url, { dbName: options.name, serverSelectionTimeoutMS: 3_000 }),
        () => true,
      );
      // A server that goes again, or is too busy, is waited for as one that has not come yet.
      for (const model of Object.values(connection.models))
        await insist(
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
