import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isMainThread, parentPort, type ResourceLimits, Worker, workerData } from 'node:worker_threads';
import { loadPassword, socketPathOf } from './access';
import { codeOf, messageOf } from './errors';
import { DirectoryInUseError } from './lock';
import { stderrLogger } from './log';
import { createStore, type Store, type StoreOptions } from './server';
import { DamagedFileError } from './storage/check';
import { NewerFormatError } from './storage/format';

const NAMED_ERRORS = { DirectoryInUseError, DamagedFileError, NewerFormatError };
type ErrorName = keyof typeof NAMED_ERRORS;
const ERROR_NAMES: readonly ErrorName[] = ['DirectoryInUseError', 'DamagedFileError', 'NewerFormatError'];
type Message =
  { ready: { url: string; port: number } } | { failed: { message: string; code?: string; name: ErrorName | undefined } } | { closed: true };

export interface StoreThreadOptions extends Omit<StoreOptions, 'logger' | 'port' | 'host' | 'socketPath' | 'password'> {
  /** The thread ended without being closed; nothing can be read or written any more. */
  onDeath?: (error: Error) => void;
  /** Bounds of the thread's memory; Node's own without. */
  resourceLimits?: ResourceLimits;
}

/**
 * A store in a thread of its own, so that the event loop of the caller stays free, for the owner of
 * the data directory alone: on a Unix socket where the platform has them, else behind a password.
 */
export async function startStoreThread({ onDeath, resourceLimits, ...given }: StoreThreadOptions): Promise<Store> {
  const socketPath = socketPathOf(given.dataDir);
  const options: StoreOptions = { ...given, ...(socketPath === undefined ? { password: loadPassword(given.dataDir) } : { socketPath }) };
  const script = join(__dirname, 'thread.js');
  // Run from the TypeScript sources there is no script for a thread to load.
  if (!existsSync(script)) return createStore(options);
  const worker = new Worker(script, { workerData: { options }, ...(resourceLimits !== undefined && { resourceLimits }) });
  let started = false;
  let closing = false;
  let death: Error | undefined;
  let ended = false;
  // At once, not behind a promise: a thread that could not start sends its message and ends in the
  // same turn of the event loop, and that is not a death.
  worker.once('message', (message: Message) => (started = 'ready' in message));
  worker.once('error', (error) => (death = error));
  worker.once('exit', (code) => {
    ended = true;
    if (started && !closing) onDeath?.(death ?? new Error(`the thread of the embedded store ended with code ${code}`));
  });
  const next = () =>
    new Promise<Message>((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
      worker.once('exit', () => reject(death ?? new Error('the thread of the embedded store ended')));
    });
  const message = await next();
  if (!('ready' in message)) {
    await worker.terminate();
    throw 'failed' in message ? revived(message.failed) : new Error('the store thread did not start');
  }
  return {
    ...message.ready,
    async close() {
      closing = true;
      if (ended) return;
      const closed = next().catch(() => undefined);
      worker.postMessage('close');
      await closed;
      await worker.terminate();
    },
  };
}
/** An error loses its class between threads. */
const revived = ({ message, code, name }: { message: string; code?: string; name: ErrorName | undefined }): Error => {
  const error = name === undefined ? new Error(message) : new NAMED_ERRORS[name](message);
  return code === undefined ? error : Object.assign(error, { code });
};

async function runInThread({ options }: { options: StoreOptions }) {
  const post = (message: Message) => parentPort?.postMessage(message);
  try {
    const store = await createStore({ ...options, logger: stderrLogger });
    parentPort?.on('message', () => {
      void store.close().then(() => post({ closed: true }));
    });
    post({ ready: { url: store.url, port: store.port } });
  } catch (error) {
    const code = codeOf(error);
    const name = ERROR_NAMES.find((each) => error instanceof NAMED_ERRORS[each]);
    post({ failed: { message: messageOf(error), ...(code !== undefined && { code }), name } });
  }
}
const isWorkerData = (data: unknown): data is { options: StoreOptions } => typeof data === 'object' && data !== null && 'options' in data;
if (!isMainThread && isWorkerData(workerData) && parentPort !== null && __filename.endsWith('thread.js')) void runInThread(workerData);
