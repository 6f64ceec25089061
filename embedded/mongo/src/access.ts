import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, realpathSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { USER } from './wire/authentication';

/** A Unix socket's path holds 107 bytes; on macOS 103. */
const MAX_SOCKET_PATH = 100;
const onWindows = process.platform === 'win32';

/** Makes a directory for its owner alone. */
export function ensurePrivateDirectory(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  if (!onWindows) chmodSync(path, 0o700);
}

/**
 * Where a store of this directory listens for its owner alone; undefined where the platform has no
 * Unix sockets.
 */
export function socketPathOf(dataDir: string): string | undefined {
  if (onWindows) return undefined;
  ensurePrivateDirectory(dataDir);
  const directory = realpathSync(dataDir);
  const inside = join(directory, 'mongo.sock');
  if (Buffer.byteLength(inside) <= MAX_SOCKET_PATH) return inside;
  const name = createHash('sha256').update(directory).digest('hex').slice(0, 24);
  const elsewhere = join(tmpdir(), `linsta-${userInfo().uid}-${name}`);
  ensurePrivateDirectory(elsewhere);
  return join(elsewhere, 'mongo.sock');
}
export const socketUrl = (path: string) => `mongodb://${encodeURIComponent(path)}`;

/** The password of a data directory, made once, in a file that only its owner reads. */
export function loadPassword(dataDir: string): string {
  ensurePrivateDirectory(dataDir);
  const path = join(dataDir, 'password');
  if (existsSync(path)) {
    if (!onWindows) chmodSync(path, 0o600);
    const kept = readFileSync(path, 'utf8').trim();
    if (kept !== '') return kept;
  }
  const password = randomBytes(24).toString('base64url');
  writePrivately(path, `${password}\n`);
  return password;
}
export const passwordUrl = (host: string, port: number, password: string) =>
  `mongodb://${USER}:${password}@${host.includes(':') ? `[${host}]` : host}:${port}/?authSource=admin`;

/**
 * The URL that reaches a store of this directory which listens for its owner alone. `port`: where
 * there are no Unix sockets.
 */
export function storeUrlOf(dataDir: string, port: number): string {
  const path = socketPathOf(dataDir);
  return path === undefined ? passwordUrl('127.0.0.1', port, loadPassword(dataDir)) : socketUrl(path);
}

/** Writes a file for its owner alone, whole or not at all. */
export function writePrivately(path: string, text: string): void {
  writeFileSync(`${path}.new`, text, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}
