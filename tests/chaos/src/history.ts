import { createWriteStream, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';

/** Progress of an operation: `unknown` was never answered and may have happened. */
export type Phase = 'invoke' | 'ok' | 'fail' | 'unknown';

/** One operation or event, as its user saw it. */
export type HistoryEntry =
  | { op: 'send'; phase: Phase; user: string; device: string; room: string; key: string; seq?: number; messageId?: string; code?: string }
  | { op: 'read'; phase: Phase; user: string; room: string; seq: number }
  | { op: 'receive'; device: string; socket: string; room: string; seq: number; messageId: string }
  | { op: 'conflict'; device: string; room: string; seq: number; messageIds: [string, string] }
  | { op: 'like'; phase: Phase; user: string; post: string; code?: string }
  | { op: 'notification'; user: string; device: string; socket: string; notificationId: string }
  | { op: 'connect' | 'disconnect'; user: string; device: string }
  | { op: 'presence'; watcher: string; user: string; status: 'online' | 'offline' }
  | { op: 'fault'; what: string };
export type Line = HistoryEntry & { at: number };

/** Records entries, in memory for the checkers and as JSON lines for readers. */
export function createHistory(path?: string) {
  const lines: Line[] = [];
  if (path !== undefined) mkdirSync(dirname(path), { recursive: true });
  const file = path === undefined ? undefined : createWriteStream(path);
  return {
    lines,
    note(entry: HistoryEntry) {
      const line = { at: Date.now(), ...entry };
      lines.push(line);
      file?.write(`${JSON.stringify(line)}\n`);
    },
    close: () => new Promise<void>((resolve) => (file === undefined ? resolve() : file.end(resolve))),
  };
}
export type History = ReturnType<typeof createHistory>;
