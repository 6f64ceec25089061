import { openDB, type IDBPDatabase } from 'idb';
import type { OutboxEntry, OutboxStorage } from './types.js';

const keyOf = ({ userId, clientMessageId }: Pick<OutboxEntry, 'userId' | 'clientMessageId'>) => `${userId} ${clientMessageId}`;

/** Unsent messages of this process; gone with it. */
export function createMemoryOutbox(): OutboxStorage {
  const entries = new Map<string, OutboxEntry>();
  return {
    load: (userId) => Promise.resolve([...entries.values()].filter((entry) => entry.userId === userId)),
    put: (entry) => Promise.resolve(void entries.set(keyOf(entry), entry)),
    remove: (userId, clientMessageId) => Promise.resolve(void entries.delete(keyOf({ userId, clientMessageId }))),
  };
}

/** Unsent messages in the browser, across reloads. */
export function createIndexedDbOutbox(name = 'linsta'): OutboxStorage {
  let opening: Promise<IDBPDatabase> | undefined;
  const forget = () => (opening = undefined);
  const database = () => {
    opening ??= openDB(name, 1, {
      upgrade: (db) => void db.createObjectStore('outbox').createIndex('userId', 'userId'),
      // Another version of the app upgrades the database: it waits until this connection is closed.
      blocking: () => void opening?.then((db) => db.close(), forget).finally(forget),
      // The browser closed the connection, e.g. because its data was cleared.
      terminated: forget,
    });
    // A failed opening is tried again by the next call.
    opening.catch(forget);
    return opening;
  };
  return {
    load: async (userId) => (await (await database()).getAllFromIndex('outbox', 'userId', userId)) as OutboxEntry[],
    put: async (entry) => void (await (await database()).put('outbox', entry, keyOf(entry))),
    remove: async (userId, clientMessageId) => (await database()).delete('outbox', keyOf({ userId, clientMessageId })),
    close() {
      void opening?.then((db) => db.close(), forget);
      forget();
    },
  };
}

/** IndexedDB where there is one, else memory. */
export function createDefaultOutbox(): OutboxStorage {
  try {
    return typeof indexedDB === 'undefined' || indexedDB === null ? createMemoryOutbox() : createIndexedDbOutbox();
  } catch {
    return createMemoryOutbox(); // the browser forbids it
  }
}
