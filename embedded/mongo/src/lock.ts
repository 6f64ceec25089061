import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { linkSync, mkdirSync, realpathSync, rmSync, statSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { codeOf } from './errors';

/** Another process else works on this directory; two at once would corrupt it. */
export class DirectoryInUseError extends Error {}

/** A Unix socket's path holds 107 bytes, of which the holder's own name takes up to 20. */
const MAX_SOCKET_PATH = 87;
const SETTLE_MS = 50;

/**
 * Takes the directory, for this process and against it. Answers how to give it back. The lock is a
 * listening socket: the kernel closes it with its process, however that ends, so a killed holder
 * never blocks the next one. A pid in a file would: pids are used again, and mean something else in
 * another container.
 */
export async function lockDirectory(dataDir: string): Promise<() => Promise<void>> {
  mkdirSync(dataDir, { recursive: true });
  const directory = realpathSync(dataDir);
  if (process.platform === 'win32') return closing(await listenAt(`\\\\.\\pipe\\linsta-store-${nameOf(directory)}`, dataDir));
  const inside = join(directory, 'lock');
  if (Buffer.byteLength(inside) <= MAX_SOCKET_PATH) {
    try {
      return await lockBySocket(inside, dataDir);
    } catch (error) {
      // Some mounted file systems hold no sockets.
      if (!['ENOTSUP', 'EOPNOTSUPP', 'EINVAL', 'EPERM'].includes(codeOf(error) ?? '')) throw error;
    }
  }
  return lockBySocket(join(tmpdir(), `linsta-store-${nameOf(directory)}`), dataDir);
}

const nameOf = (directory: string) => createHash('sha256').update(directory).digest('hex').slice(0, 24);
const inUse = (dataDir: string) => new DirectoryInUseError(`The data directory ${dataDir} is in use by another process`);
const closing = (server: Server) => () => new Promise<void>((resolve) => server.close(() => resolve()));

async function listenAt(path: string, dataDir: string): Promise<Server> {
  const server = createServer((socket) => socket.destroy());
  server.listen(path);
  try {
    await once(server, 'listening');
  } catch (error) {
    if (codeOf(error) === 'EADDRINUSE') throw inUse(dataDir);
    throw error;
  }
  return server.unref();
}

async function lockBySocket(path: string, dataDir: string): Promise<() => Promise<void>> {
  // Bound under a name of its own, then linked to the common one: of two that start at once, the
  // file system lets one link.
  const own = `${path}.${randomBytes(6).toString('hex')}`;
  const server = await listenAt(own, dataDir);
  try {
    const mine = statSync(own).ino;
    if (!link(own, path)) {
      const found = inodeOf(path);
      if ((await answers(path)) || inodeOf(path) !== found) throw inUse(dataDir);
      rmSync(path, { force: true });
      if (!link(own, path)) throw inUse(dataDir);
      // Another may have found the same dead lock and put its own in the place of ours.
      await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
      if (inodeOf(path) !== mine) throw inUse(dataDir);
    }
    rmSync(own, { force: true });
    return async () => {
      if (inodeOf(path) === mine) rmSync(path, { force: true });
      await closing(server)();
    };
  } catch (error) {
    await closing(server)();
    rmSync(own, { force: true });
    throw error;
  }
}

const inodeOf = (path: string) => statSync(path, { throwIfNoEntry: false })?.ino;
const link = (from: string, to: string): boolean => {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
};
const answers = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
