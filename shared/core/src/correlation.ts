import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';

const storage = new AsyncLocalStorage<string>();

/**
 * A caller's own id is kept if it is harmless in a log line and in a header; a batch has the ids of
 * its items, joined by commas.
 */
const HARMLESS = /^[\w.,+-]{8,2048}$/;
const MAX_JOINED = 50;

/** The id of the request, socket event or bus event that the current code works for. */
export const correlationId = (): string | undefined => storage.getStore();

export const newCorrelationId = (): string => randomUUID();

/**
 * Takes the id from a header or an envelope, or makes a new one. `maxLength` keeps ids from clients
 * short.
 */
export const toCorrelationId = (given: unknown, maxLength = 2_048): string =>
  typeof given === 'string' && given.length <= maxLength && HARMLESS.test(given) ? given : newCorrelationId();

/**
 * Runs `work`, and everything that it starts, under this id. Without an id, `work` runs as it is.
 */
export const withCorrelation = <T>(id: string | undefined, work: () => T): T => (id === undefined ? work() : storage.run(id, work));

/** The id of a batch: those of its items, each once, at most 50. */
export function joinCorrelationIds(ids: Iterable<string | undefined>): string | undefined {
  const distinct = new Set<string>();
  for (const id of ids) if (id !== undefined) distinct.add(id);
  if (distinct.size === 0) return undefined;
  const [...kept] = distinct;
  return distinct.size <= MAX_JOINED ? kept.join(',') : `${kept.slice(0, MAX_JOINED).join(',')}+${distinct.size - MAX_JOINED}`;
}
