import type { Presence } from '@linsta/contracts';
import type { PresenceStore } from './presence';

const MAX_REMEMBERED = 100_000;

interface Entry {
  connections: Set<string>;
  leaving?: NodeJS.Timeout;
}

/**
 * Presence of one node. A lease needs no renewal here: the connection itself is watched by the
 * heartbeat.
 */
export function createMemoryPresence(options: { graceMs: number; now: () => Date }): PresenceStore {
  const online = new Map<string, Entry>();
  const lastSeen = new Map<string, Date>();
  const listeners: ((presence: Presence) => void)[] = [];
  const publish = (presence: Presence) => listeners.forEach((listener) => listener(presence));

  const toPresence = (userId: string): Presence => ({
    userId,
    status: online.has(userId) ? 'online' : 'offline',
    lastSeenAt: online.has(userId) ? options.now().toISOString() : (lastSeen.get(userId)?.toISOString() ?? null),
  });

  return {
    connected(userId, connectionId) {
      const entry = online.get(userId);
      if (entry === undefined) {
        online.set(userId, { connections: new Set([connectionId]) });
        lastSeen.delete(userId);
        publish(toPresence(userId));
      } else {
        clearTimeout(entry.leaving);
        delete entry.leaving;
        entry.connections.add(connectionId);
      }
      return Promise.resolve();
    },
    disconnected(userId, connectionId) {
      const entry = online.get(userId);
      if (entry?.connections.delete(connectionId) !== true || entry.connections.size > 0) return Promise.resolve();
      const seenAt = options.now();
      entry.leaving = setTimeout(() => {
        online.delete(userId);
        // The oldest are forgotten first: a Map keeps the order of insertion.
        const [oldest] = lastSeen.size >= MAX_REMEMBERED ? lastSeen.keys() : [];
        if (oldest !== undefined) lastSeen.delete(oldest);
        lastSeen.set(userId, seenAt);
        publish(toPresence(userId));
      }, options.graceMs);
      entry.leaving.unref();
      return Promise.resolve();
    },
    of: (userIds) => Promise.resolve(userIds.map(toPresence)),
    onChange: (listener) => void listeners.push(listener),
    close() {
      for (const { leaving } of online.values()) clearTimeout(leaving);
      return Promise.resolve();
    },
  };
}
