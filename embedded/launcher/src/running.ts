import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a running all-in-one tells other programs of its owner, in its data directory. */
export interface Running {
  pid: number;
  url: string;
  storeUrl: string;
  bus: 'memory' | 'RabbitMQ';
  /** Doors for other services; `/readyz` and `/metrics` are there. */
  internalUrls: Record<string, string>;
}
const pathIn = (dataDir: string) => join(dataDir, 'running.json');

/** Readable by its owner alone: the store asks nobody for a password. */
export function writeRunning(dataDir: string, running: Running): void {
  rmSync(pathIn(dataDir), { force: true });
  writeFileSync(pathIn(dataDir), `${JSON.stringify(running, null, 2)}\n`, { mode: 0o600 });
}
export const removeRunning = (dataDir: string): void => rmSync(pathIn(dataDir), { force: true });

/** Undefined where there is none. One that was killed leaves it behind: only the store's lock says whether anybody runs. */
export const readRunning = (dataDir: string): Running | undefined =>
  existsSync(pathIn(dataDir)) ? (JSON.parse(readFileSync(pathIn(dataDir), 'utf8')) as Running) : undefined;
