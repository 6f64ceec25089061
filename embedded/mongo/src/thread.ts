import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { DirectoryInUseError } from './lock';
import { stderrLogger } from './log';
import { createStore, type Store, type StoreOptions } from './server';

type Message = { ready: { url: string; port: number } } | { failed: { message: string; code?: string; inUse: boolean } } | { closed: true };

/** As createStore, but in a thread of its own, so that the event loop of whoever starts it stays free. */
export async function startStoreThread(options: Omit<StoreOptions, 'logger'>): Promise<Store> {
  const script = join(__dirname, 'thread.js');
  // Run from the TypeScript sources there is no script for a thread to load.
  if (!existsSync(script)) return createStore(options);
  const worker = new Worker(script, { workerData: { options } });
  const next = () =>
    new Promise<Message>((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
    });
  const message = await next();
  if ('failed' in message) {
    await worker.terminate();
    const { message: text, code, inUse } = message.failed;
    throw inUse ? new DirectoryInUseError(text) : Object.assign(new Error(text), { code });
  }
  if (!('ready' in message)) throw new Error('the store thread did not start');
  return {
    ...message.ready,
    async close() {
      const closed = next();
      worker.postMessage('close');
      await closed;
      await worker.terminate();
    },
  };
}

async function runInThread({ options }: { options: StoreOptions }) {
  const tell = (message: Message) => parentPort?.postMessage(message);
  try {
    const store = await createStore({ ...options, logger: stderrLogger });
    parentPort?.on('message', () => {
      void store.close().then(() => tell({ closed: true }));
    });
    tell({ ready: { url: store.url, port: store.port } });
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException;
    tell({ failed: { message, ...(code !== undefined && { code }), inUse: error instanceof DirectoryInUseError } });
  }
}
if (
  !isMainThread &&
  (workerData as { options?: unknown } | null)?.options !== undefined &&
  parentPort !== null &&
  __filename.endsWith('thread.js')
)
  void runInThread(workerData as { options: StoreOptions });
