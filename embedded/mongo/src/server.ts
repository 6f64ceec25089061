import { chmodSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ensurePrivateDirectory, passwordUrl, socketUrl } from './access';
import { type Doc, firstKey, isTrue } from './bson';
import { commandOf } from './commands/commands';
import { createCursors } from './cursors';
import { errorReply, messageOf, MongoError, toError } from './errors';
import { lockDirectory } from './lock';
import type { StoreLogger } from './log';
import { startMaintenance } from './maintenance';
import { createMemoryBudget } from './memory-budget';
import { createScheduler } from './scheduler';
import { openStorage } from './storage/storage';
import { type Authentication, createAuthenticator } from './wire/authentication';
import { listen } from './wire/listener';
import type { Request } from './wire/messages';

export type { StoreLogger } from './log';
export interface StoreOptions {
  dataDir: string;
  /** A TCP port; 0 or nothing: a free one. */
  port?: number;
  host?: string;
  /**
   * Listens here instead of on a TCP port; only the owner of the socket's directory can connect.
   */
  socketPath?: string;
  /**
   * Required of every connection to the TCP port (SCRAM-SHA-256). Without one, each local user can
   * connect.
   */
  password?: string;
  logger?: StoreLogger;
  /** How often expired documents are looked for, in milliseconds. */
  ttlIntervalMs?: number;
  /** Below this much free disk space writes are refused, in bytes. */
  minFreeBytes?: number;
  /** What all queries together may hold in memory, in bytes. */
  maxHeldBytes?: number;
}
export interface Store {
  /** As a driver takes it, with the password if there is one. */
  url: string;
  /** 0 where the store listens on a Unix socket. */
  port: number;
  close(): Promise<void>;
}

/** Files of the releases before were readable by others. */
const ensurePrivateFiles = (dataDir: string) => {
  if (process.platform === 'win32') return;
  for (const name of readdirSync(dataDir)) if (name.startsWith('store.lmdb')) chmodSync(join(dataDir, name), 0o600);
};

/**
 * A MongoDB-compatible server on a directory. Rejects with DirectoryInUseError, DamagedFileError,
 * NewerFormatError, or the system's error, e.g. EADDRINUSE.
 */
export async function createStore(options: StoreOptions): Promise<Store> {
  const { dataDir, port = 0, host = '127.0.0.1', socketPath, password, logger, ttlIntervalMs = 10_000 } = options;
  const onError = (error: Error) => logger?.error({ err: error }, 'embedded store failed');
  const onTls = () =>
    logger?.error(
      { err: new Error('a client began a TLS handshake; the embedded store has no TLS: remove tls=true from its URL') },
      'TLS refused',
    );
  ensurePrivateDirectory(dataDir);
  const undo: (() => Promise<void> | void)[] = [await lockDirectory(dataDir)];
  const close = async () => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    ensurePrivateFiles(dataDir);
    const storage = openStorage(dataDir, options.minFreeBytes);
    undo.push(() => storage.close());
    const budget = createMemoryBudget(options.maxHeldBytes);
    const cursors = createCursors(budget);
    undo.push(() => cursors.close());
    const engine = { storage, cursors, budget, scheduler: createScheduler() };

    const answer = async ({ command, db, sequences, refusal }: Request, authentication: Authentication): Promise<Doc> => {
      const name = firstKey(command) ?? '';
      try {
        if (refusal !== undefined) throw refusal;
        if (command.txnNumber !== undefined || isTrue(command.startTransaction))
          throw new MongoError('IllegalOperation', 'Transaction numbers are only allowed on a replica set member or mongos');
        return await commandOf(name)({ ...engine, db, command, sequences, authentication });
      } catch (error) {
        if (error instanceof MongoError) return errorReply(error);
        onError(toError(error));
        return { ok: 0, errmsg: `the embedded store failed on ${name}: ${messageOf(error)}`, code: 1, codeName: 'InternalError' };
      }
    };
    const address = socketPath === undefined ? { host, port } : { path: socketPath };
    const authenticate = createAuthenticator(socketPath === undefined ? password : undefined);
    const listener = await listen(address, { answer, authenticate, onError, onTls });
    undo.push(() => listener.close());
    undo.push(startMaintenance(storage, ttlIntervalMs, onError));
    const plainUrl = `mongodb://${host.includes(':') ? `[${host}]` : host}:${listener.port}`;
    const url =
      socketPath !== undefined ? socketUrl(socketPath) : password === undefined ? plainUrl : passwordUrl(host, listener.port, password);
    return { url, port: listener.port, close };
  } catch (error) {
    await close();
    throw error;
  }
}
