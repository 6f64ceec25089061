import { randomBytes } from 'node:crypto';
import type { Presence } from '@linsta/contracts';
import type { Logger } from '@linsta/core';
import type { Cluster } from '../cluster';
import { scripts } from './redis-scripts';
import type { PresenceStore } from './presence';

interface RedisPresenceOptions {
  cluster: Cluster;
  logger: Logger;
  graceMs: number;
  now: () => Date;
  /** A node that has not renewed its lease for so long is dead. */
  leaseMs?: number;
  renewMs?: number;
  sweepMs?: number;
}

const MAX_KNOWN = 100_000;
const MAX_RESYNCED = 5_000;

/**
 * Presence of many nodes. Each node holds one lease and lists its connections under it; a user is
 * online while any connection of a live node is listed. Every step is one script, so that
 * connecting, leaving and sweeping cannot overtake each other; any node sweeps after those that
 * died.
 */
export function createRedisPresence(options: RedisPresenceOptions): PresenceStore {
  const { cluster, logger, graceMs, now } = options;
  const { leaseMs = 20_000, renewMs = 5_000 } = options;
  const node = randomBytes(6).toString('hex');
  const tag = `{${cluster.prefix}:presence}`;
  const channel = `${cluster.prefix}:presence:changes`;
  const keys = ['online', 'leaving', 'seen', 'nodes'].map((name) => `${tag}:${name}`);
  /** User by connection of this node, to be listed again if Redis loses them. */
  const mine = new Map<string, string>();
  /**
   * The last published presence, so that each change is published once, also after Redis lost data.
   */
  const known = new Map<string, Presence>();
  const listeners: ((presence: Presence) => void)[] = [];
  let closed = false;
  let resyncing: NodeJS.Timeout | undefined;

  const run = (script: string, args: (string | number)[]) =>
    cluster.commands.eval(script, { keys, arguments: [tag, channel, ...args.map(String)] });
  const remember = (presence: Presence) => {
    known.delete(presence.userId);
    const [oldest] = known.size >= MAX_KNOWN ? known.keys() : [];
    if (oldest !== undefined) known.delete(oldest);
    known.set(presence.userId, presence);
  };
  const publish = (presence: Presence) => {
    const repeated = known.get(presence.userId)?.status === presence.status;
    remember(presence);
    if (!repeated) listeners.forEach((listener) => listener(presence));
  };
  const toPresence = (userId: string, online: boolean, seenMs: number): Presence => ({
    userId,
    status: online ? 'online' : 'offline',
    lastSeenAt: online ? now().toISOString() : seenMs > 0 ? new Date(seenMs).toISOString() : null,
  });
  const read = async (userIds: string[]): Promise<Presence[]> => {
    const rows = (await run(scripts.read, userIds)) as [number, string][];
    return userIds.map((userId, at) => toPresence(userId, rows[at]?.[0] === 1, Number(rows[at]?.[1] ?? 0)));
  };
  const guarded = async (what: string, work: () => Promise<unknown>) => {
    try {
      await work();
    } catch (error) {
      if (!closed) logger.debug({ err: (error as Error).message }, what);
    }
  };

  const list = (connectionId: string, userId: string) => run(scripts.connect, [node, connectionId, userId]);
  const unlist = (connectionId: string, userId: string) => run(scripts.disconnect, [node, connectionId, userId, graceMs]);
  /**
   * User by connection, for connections whose last change is not in Redis yet; the next successful
   * renewal writes it.
   */
  const pending = new Map<string, string>();
  /** Writes the current state of a connection to Redis. */
  const update = (connectionId: string, userId: string) =>
    guarded('presence update failed', async () => {
      pending.set(connectionId, userId);
      const here = mine.has(connectionId);
      await (here ? list : unlist)(connectionId, userId);
      // The connection may have ended during the write.
      if (mine.has(connectionId) === here) pending.delete(connectionId);
    });
  /**
   * Publishes the users who went offline while Redis was away, after every node had the time to
   * list its users again: no user may flicker.
   */
  const resync = () =>
    guarded('presence resync failed', async () => {
      for (const presence of await read([...known.keys()].slice(-MAX_RESYNCED))) publish(presence);
    });
  const renew = () =>
    guarded('presence lease renewal failed', async () => {
      // 0: Redis has no lease of this node; the lease expired, or Redis lost its data.
      const leased = (await run(scripts.renew, [node, leaseMs])) === 1;
      for (const [connectionId, userId] of leased ? [...pending] : mine) await update(connectionId, userId);
      if (leased) return;
      clearTimeout(resyncing);
      resyncing = setTimeout(() => void resync(), 2 * renewMs).unref();
    });
  const sweep = () => guarded('presence sweep failed', () => run(scripts.sweep, []));

  const onMessage = (message: string) => {
    const [userId = '', status, seen] = message.split(' ');
    publish(toPresence(userId, status === 'online', Number(seen ?? 0)));
  };
  cluster.listen(channel, onMessage);
  const onBack = () => void renew();
  cluster.commands.on('ready', onBack);
  void renew();
  const timers = [setInterval(() => void renew(), renewMs), setInterval(() => void sweep(), options.sweepMs ?? 500)];
  timers.forEach((timer) => timer.unref());

  return {
    connected(userId, connectionId) {
      mine.set(connectionId, userId);
      return update(connectionId, userId);
    },
    disconnected(userId, connectionId) {
      if (!mine.delete(connectionId)) return Promise.resolve();
      return update(connectionId, userId);
    },
    async of(userIds) {
      try {
        const found = await cluster.inTime(read(userIds));
        found.forEach(remember);
        return found;
      } catch {
        // Redis is away: this node answers from its own connections and the last published
        // presence.
        const here = new Set(mine.values());
        return userIds.map((userId) => known.get(userId) ?? toPresence(userId, here.has(userId), 0));
      }
    },
    onChange: (listener) => void listeners.push(listener),
    async close() {
      closed = true;
      timers.forEach(clearInterval);
      clearTimeout(resyncing);
      cluster.commands.off('ready', onBack);
      // A node that leaves in order needs no expiry: its people are gone after the usual grace.
      await guarded('presence not given up', () => run(scripts.leave, [node, graceMs]));
    },
  };
}
