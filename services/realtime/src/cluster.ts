import { withDeadline, type Logger } from '@linsta/core';
import { createShardedAdapter } from '@socket.io/redis-adapter';
import { createClient } from 'redis';
import type { RealtimeServer } from './server';
import { createSubscriber } from './subscriber';

const SETTLE_MS = 1_000;
/**
 * A Redis that is silent is as good as one that is gone. The client's own deadline ends once a
 * command is written.
 */
const PATIENCE_MS = 1_500;

/**
 * The state that several realtime nodes share: a channel per room, so that a push reaches only
 * nodes with sockets in it, and presence. All names in Redis begin with `prefix`.
 */
export async function createCluster({ url, prefix, logger }: { url: string; prefix: string; logger: Logger }) {
  const options = { url, socket: { connectTimeout: 3_000, reconnectStrategy: (tries: number) => Math.min(100 * 2 ** tries, 2_000) } };
  // A command that cannot be sent fails at once: a push reaches the sockets of this node without a
  // wait.
  const commands = createClient({ ...options, disableOfflineQueue: true, commandOptions: { timeout: 2_000 }, pingInterval: 5_000 });
  // Subscriptions wait for Redis instead, and are made again when it is back.
  const subscriptions = createClient({ ...options, pingInterval: 5_000 });
  for (const client of [commands, subscriptions])
    client.on('error', (error: Error) => logger.warn({ err: error.message === '' ? error.name : error.message }, 'redis connection error'));
  const connected = Promise.allSettled([commands.connect(), subscriptions.connect()]);
  // Redis may come later than this node.
  await Promise.race([connected, new Promise((resolve) => setTimeout(resolve, 3_000).unref())]);

  const subscriber = createSubscriber(subscriptions);
  const channelOf = (room: string) => `${prefix}#/#${room}#`;
  const inTime = <T>(answer: Promise<T>) => withDeadline(answer, PATIENCE_MS, 'the answer of Redis');

  return {
    commands,
    prefix,
    inTime,
    /** Subscribes to a channel, and again after each reconnect. */
    listen: (channel: string, listener: (message: string) => void) => void subscriber.subscribe(channel, listener),
    join: (io: RealtimeServer) =>
      void io.adapter(createShardedAdapter(commands, subscriber, { channelPrefix: prefix, subscriptionMode: 'dynamic' })),
    /** Of these rooms, those for which some node has sockets. Throws while Redis is away. */
    async heldRooms(rooms: string[]): Promise<Set<string>> {
      if (rooms.length === 0) return new Set();
      const counts = await inTime(commands.pubSubShardNumSub(rooms.map(channelOf)));
      return new Set(rooms.filter((room) => Number(counts[channelOf(room)] ?? 0) > 0));
    },
    /**
     * Claims each key for `forMs` milliseconds; true for each key that was free. Throws while Redis
     * is away.
     */
    claim: (keys: string[], forMs: number): Promise<boolean[]> =>
      inTime(
        Promise.all(
          keys.map(
            async (key) =>
              (await commands.set(`${prefix}:${key}`, '1', { condition: 'NX', expiration: { type: 'PX', value: forMs } })) !== null,
          ),
        ),
      ),
    /**
     * Resolves when the subscriptions requested so far are in place; after a second in any case.
     */
    settled: () =>
      Promise.race([
        subscriptions.ping().then(
          () => undefined,
          () => undefined,
        ),
        new Promise<void>((resolve) => setTimeout(resolve, SETTLE_MS).unref()),
      ]),
    healthy: () => commands.isReady && subscriptions.isReady,
    close() {
      for (const client of [commands, subscriptions]) if (client.isOpen) client.destroy();
    },
  };
}
export type Cluster = Awaited<ReturnType<typeof createCluster>>;
