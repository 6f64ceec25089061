import type { Presence } from '@linsta/contracts';
import type { Connection } from './connection.js';
import { createStore } from './store.js';
import type { PresenceState, Store } from './types.js';

/** How many people one subscription may name. */
const PER_CALL = 200;

/** Presence of the people somebody looks at: each is watched on the server once, however many look. */
export function createPresence(connection: Connection) {
  const known = new Map<string, Presence>();
  const watchers = new Map<string, number>();
  const listeners = new Map<string, Set<() => void>>();
  const added = new Set<string>();
  const dropped = new Set<string>();
  /** Changes heard so far, and for each person the last one. */
  let heard = 0;
  const heardAt = new Map<string, number>();
  let scheduled = false;

  const note = (presence: Presence) => {
    const before = known.get(presence.userId);
    if (!watchers.has(presence.userId)) return;
    if (before?.status === presence.status && before.lastSeenAt === presence.lastSeenAt) return;
    known.set(presence.userId, presence);
    for (const listener of listeners.get(presence.userId) ?? []) listener();
  };
  const watch = async (userIds: string[]) => {
    for (let at = 0; at < userIds.length; at += PER_CALL) {
      const asked = heard;
      const answer = await connection.ask('presence_subscribe', { userIds: userIds.slice(at, at + PER_CALL) });
      // A change that was heard meanwhile is younger than the answer, in whatever order the two are worked off here.
      answer.presence.filter(({ userId }) => (heardAt.get(userId) ?? 0) <= asked).forEach(note);
    }
  };
  // What does not get through now is done at the next connect.
  const flush = () => {
    scheduled = false;
    const [on, off] = [[...added], [...dropped]];
    added.clear();
    dropped.clear();
    if (!connection.online()) return;
    if (on.length > 0) connection.insist(() => watch(on));
    for (let at = 0; at < off.length; at += PER_CALL)
      connection.ask('presence_unsubscribe', { userIds: off.slice(at, at + PER_CALL) }).catch(() => undefined);
  };
  const flushSoon = () => {
    if (scheduled) return;
    scheduled = true;
    queueMicrotask(flush);
  };
  const look = (userId: string, listener: () => void) => {
    const count = watchers.get(userId) ?? 0;
    watchers.set(userId, count + 1);
    const own = listeners.get(userId) ?? new Set();
    listeners.set(userId, own.add(listener));
    if (count === 0 && !dropped.delete(userId)) added.add(userId);
  };
  const lookAway = (userId: string, listener: () => void) => {
    const count = (watchers.get(userId) ?? 1) - 1;
    listeners.get(userId)?.delete(listener);
    if (count > 0) return void watchers.set(userId, count);
    watchers.delete(userId);
    listeners.delete(userId);
    known.delete(userId);
    heardAt.delete(userId);
    if (!added.delete(userId)) dropped.add(userId);
  };

  connection.socket.on('presence', (presence) => {
    heard += 1;
    if (watchers.has(presence.userId)) heardAt.set(presence.userId, heard);
    note(presence);
  });
  connection.onOnline(() => {
    added.clear();
    dropped.clear();
    connection.insist(() => watch([...watchers.keys()]));
  });

  return (userIds: readonly string[]): Store<PresenceState> => {
    const ids = [...new Set(userIds)];
    const read = (): PresenceState => Object.fromEntries(ids.flatMap((id) => (known.has(id) ? [[id, known.get(id) as Presence]] : [])));
    const update = () => state.set(read());
    const state = createStore<PresenceState>(read(), () => {
      ids.forEach((id) => look(id, update));
      flushSoon();
      update();
      return () => {
        ids.forEach((id) => lookAway(id, update));
        flushSoon();
      };
    });
    return { get: state.get, subscribe: state.subscribe };
  };
}
