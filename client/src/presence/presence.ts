import type { Presence } from '@linsta/contracts';
import type { Connection } from '../connection/types.js';
import { createStore, readOnly, type Store } from '../core/store.js';

/** People that one subscription may name. */
const PER_REQUEST = 200;

/** By user id; a person appears with the first answer of the server. */
export type PresenceState = Readonly<Record<string, Presence>>;

export interface PresenceWatch {
  /** A store of these people; they are watched on the server while it has listeners. */
  of(userIds: readonly string[]): Store<PresenceState>;
  /**
   * Compares everything that is watched with the server and subscribes again what the server has
   * lost.
   */
  resync(): Promise<void>;
}

/**
 * Presence of the people that some store shows: each is watched once on the server, however many
 * stores show them.
 */
export function createPresence(
  connection: Pick<Connection, 'socket' | 'online' | 'onOnline' | 'request' | 'retryWhileConnected'>,
): PresenceWatch {
  const known = new Map<string, Presence>();
  const watchers = new Map<string, number>();
  const listeners = new Map<string, Set<() => void>>();
  const added = new Set<string>();
  const dropped = new Set<string>();
  /** Number of changes received so far, and for each person the number of the last one. */
  let received = 0;
  const receivedAt = new Map<string, number>();
  let scheduled = false;

  const apply = (presence: Presence) => {
    if (!watchers.has(presence.userId)) return;
    const before = known.get(presence.userId);
    if (before?.status === presence.status && before.lastSeenAt === presence.lastSeenAt) return;
    known.set(presence.userId, presence);
    for (const listener of listeners.get(presence.userId) ?? []) listener();
  };
  const subscribeTo = async (userIds: string[]) => {
    for (let at = 0; at < userIds.length; at += PER_REQUEST) {
      const requestedAt = received;
      const answer = await connection.request('presence_subscribe', { userIds: userIds.slice(at, at + PER_REQUEST) });
      // A change that was received meanwhile is newer than the answer.
      answer.presence.filter(({ userId }) => (receivedAt.get(userId) ?? 0) <= requestedAt).forEach(apply);
    }
  };
  const unsubscribeFrom = (userIds: string[]) => {
    for (let at = 0; at < userIds.length; at += PER_REQUEST)
      connection.request('presence_unsubscribe', { userIds: userIds.slice(at, at + PER_REQUEST) }).catch(() => undefined);
  };
  /**
   * The presence of unwatched users goes stale; it is kept until the next turn of the event loop
   * for a new watcher.
   */
  const forgetDropped = (): string[] => {
    const off = [...dropped];
    dropped.clear();
    for (const userId of off) {
      known.delete(userId);
      receivedAt.delete(userId);
    }
    return off;
  };
  // Without a connection the next connect subscribes to all.
  const flush = () => {
    scheduled = false;
    const [on, off] = [[...added], forgetDropped()];
    added.clear();
    if (!connection.online()) return;
    if (on.length > 0) connection.retryWhileConnected(() => subscribeTo(on));
    unsubscribeFrom(off);
  };
  const flushSoon = () => {
    if (scheduled) return;
    scheduled = true;
    queueMicrotask(flush);
  };
  const watch = (userId: string, listener: () => void) => {
    const count = watchers.get(userId) ?? 0;
    watchers.set(userId, count + 1);
    const own = listeners.get(userId) ?? new Set();
    listeners.set(userId, own.add(listener));
    if (count === 0 && !dropped.delete(userId)) added.add(userId);
  };
  const unwatch = (userId: string, listener: () => void) => {
    const count = (watchers.get(userId) ?? 1) - 1;
    listeners.get(userId)?.delete(listener);
    if (count > 0) return void watchers.set(userId, count);
    watchers.delete(userId);
    listeners.delete(userId);
    if (!added.delete(userId)) dropped.add(userId);
  };

  connection.socket.on('presence', (presence) => {
    received += 1;
    if (watchers.has(presence.userId)) receivedAt.set(presence.userId, received);
    apply(presence);
  });
  connection.onOnline(() => {
    added.clear();
    forgetDropped();
    connection.retryWhileConnected(() => subscribeTo([...watchers.keys()]));
  });

  return {
    resync: () => subscribeTo([...watchers.keys()]),
    of(userIds) {
      const ids = [...new Set(userIds)];
      const read = (): PresenceState =>
        Object.fromEntries(
          ids.flatMap((id) => {
            const presence = known.get(id);
            return presence === undefined ? [] : [[id, presence]];
          }),
        );
      const update = () => state.set(read());
      const state = createStore<PresenceState>(
        read(),
        () => {
          ids.forEach((id) => watch(id, update));
          flushSoon();
          update();
          return () => {
            ids.forEach((id) => unwatch(id, update));
            flushSoon();
          };
        },
        NOBODY,
      );
      return readOnly(state);
    },
  };
}
const NOBODY: PresenceState = {};
