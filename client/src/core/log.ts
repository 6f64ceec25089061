/**
 * One report of this client. `event` is a constant phrase; tokens and texts of messages are never
 * part of it.
 */
export interface LogEntry {
  level: 'debug' | 'warn';
  event: string;
  code?: string;
  message?: string;
  /** The thrown value, e.g. by `fetch` or by a storage. */
  cause?: unknown;
}
export type Logger = (entry: LogEntry) => void;
