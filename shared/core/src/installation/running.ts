import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * What a running all-in-one process leaves in its data directory for other programs of its owner.
 */
export interface Running {
  pid: number;
  url: string;
  storeUrl: string;
  bus: 'memory' | 'RabbitMQ';
  /** Listeners for other services; `/readyz` and `/metrics` are there. */
  internalUrls: Record<string, string>;
}
const pathIn = (dataDir: string) => join(dataDir, 'running.json');

/** Readable by its owner alone: it names the store's URL. */
export function writeRunning(dataDir: string, running: Running): void {
  rmSync(pathIn(dataDir), { force: true });
  writeFileSync(pathIn(dataDir), `${JSON.stringify(running, null, 2)}\n`, { mode: 0o600 });
}
export const removeRunning = (dataDir: string): void => rmSync(pathIn(dataDir), { force: true });

/**
 * Undefined without the file. A killed process leaves it behind: only the store's lock tells
 * whether a process runs.
 */
export const readRunning = (dataDir: string): Running | undefined =>
  existsSync(pathIn(dataDir)) ? (JSON.parse(readFileSync(pathIn(dataDir), 'utf8')) as Running) : undefined;
