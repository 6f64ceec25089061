import { type Doc, isTrue } from './bson';
import { commandOf } from './commands/commands';
import { createCursors } from './cursors';
import { MongoError } from './errors';
import { lockDirectory } from './lock';
import { openStorage } from './storage/storage';
import { startTtlMonitor } from './ttl';
import { listen } from './wire/listener';
import type { Request } from './wire/messages';

/** As pino's; only failures of the store's own are told. */
export interface StoreLogger {
  error(fields: Record<string, unknown>, message: string): void;
}
export interface StoreOptions {
  dataDir: string;
  /** 0 or nothing: a free one. */
  port?: number;
  /** The store knows no passwords: give it another address than loopback only inside a closed network. */
  host?: string;
  logger?: StoreLogger;
  /** How often documents past their time are looked for. */
  ttlIntervalMs?: number;
}
export interface Store {
  /** mongodb://host:port */
  url: string;
  port: number;
  close(): Promise<void>;
}

/** A MongoDB-compatible server on a directory. Rejects with DirectoryInUseError or the system's error, e.g. EADDRINUSE. */
export async function createStore({ dataDir, port = 0, host = '127.0.0.1', logger, ttlIntervalMs = 10_000 }: StoreOptions): Promise<Store> {
  const onError = (error: Error) => logger?.error({ err: error }, 'The embedded store failed');
  const undo: (() => Promise<void> | void)[] = [await lockDirectory(dataDir)];
  const close = async () => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    const storage = openStorage(dataDir);
    undo.push(() => storage.close());
    const cursors = createCursors();
    undo.push(() => cursors.close());

    const answer = async ({ command, db, sequences }: Request): Promise<Doc> => {
      const [name = ''] = Object.keys(command);
      try {
        if (command.txnNumber !== undefined || isTrue(command.startTransaction))
          throw new MongoError(20, 'IllegalOperation', 'Transaction numbers are only allowed on a replica set member or mongos');
        return await commandOf(name)({ storage, cursors, db, command, sequences });
      } catch (error) {
        if (error instanceof MongoError)
          return { ok: 0, errmsg: error.message, code: error.code, codeName: error.codeName, ...error.extra };
        onError(error as Error);
        return { ok: 0, errmsg: `the embedded store failed on ${name}: ${(error as Error).message}`, code: 1, codeName: 'InternalError' };
      }
    };
    const door = await listen({ host, port, answer, onError });
    undo.push(() => door.close());
    undo.push(startTtlMonitor(storage, ttlIntervalMs, onError));
    return { url: `mongodb://${host}:${door.port}`, port: door.port, close };
  } catch (error) {
    await close();
    throw error;
  }
}
