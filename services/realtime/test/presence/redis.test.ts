import { createLogger } from '@linsta/server';
import { createRedis, describeWith, noRedis, waitFor, type RedisServer } from '@linsta/testing';
import { createCluster, type Cluster } from '../../src/cluster';
import type { PresenceStore } from '../../src/presence/presence';
import { createRedisPresence } from '../../src/presence/redis';
import { presenceContract } from './contract';

const logger = createLogger('test', 'silent');
const ANN = 'a'.repeat(24);
const BEN = 'b'.repeat(24);

describeWith(noRedis, 'presence in Redis', () => {
  let redis: RedisServer;
  const clusters: Cluster[] = [];
  beforeAll(async () => {
    redis = await createRedis();
    await redis.start();
  });
  afterAll(() => redis.remove());

  const startNode = async (lease: { leaseMs?: number; renewMs?: number } = {}): Promise<PresenceStore> => {
    const cluster = await createCluster({ url: redis.url, logger });
    clusters.push(cluster);
    const node = createRedisPresence({ cluster, logger, graceMs: 200, sweepMs: 50, now: () => new Date(), ...lease });
    // It hears of changes from here on.
    await cluster.settled();
    return node;
  };
  afterEach(async () => {
    for (const { commands, close } of clusters.splice(0)) {
      if (commands.isReady) await commands.flushAll();
      close();
    }
  });
  const startTwo = async () => {
    const nodes = [await startNode(), await startNode()];
    return {
      nodes,
      async close() {
        for (const node of nodes) await node.close();
      },
    };
  };
  presenceContract(startTwo);

  test('when a node dies without a word, then its people are shown offline, and nobody else’s device flickers', async () => {
    const survivor = await startNode();
    const dying = await startNode({ leaseMs: 600, renewMs: 100 });
    const told: string[] = [];
    survivor.onChange(({ userId, status }) => told.push(`${userId[0]} ${status}`));
    await survivor.connected(ANN, 'hers here');
    await dying.connected(ANN, 'hers there');
    await dying.connected(BEN, 'his');
    await waitFor(() => told.length === 2, 'both online');
    // As kill -9 does: no more renewals, no goodbye.
    clusters.at(-1)?.close();
    await waitFor(() => told.length === 3, 'the dead node’s people going');
    expect(told).toEqual(['a online', 'b online', 'b offline']);
    expect((await survivor.of([ANN, BEN])).map(({ status }) => status)).toEqual(['online', 'offline']);
    await survivor.close();
  });

  test('when Redis is gone, then the last known is answered; when it comes back empty, then all is listed again and nobody is told twice', async () => {
    const [one, two] = [await startNode({ renewMs: 100 }), await startNode({ renewMs: 100 })] as const;
    const told: string[] = [];
    two.onChange(({ userId, status }) => told.push(`${userId[0]} ${status}`));
    await one.connected(ANN, 'hers');
    await two.connected(BEN, 'his');
    await waitFor(() => told.length === 2, 'both online');
    await redis.kill('SIGKILL');
    expect((await two.of([ANN, BEN])).map(({ status }) => status)).toEqual(['online', 'online']);
    await two.disconnected(BEN, 'his');
    await redis.start();
    await waitFor(async () => (await one.of([ANN, BEN])).map(({ status }) => status).join() === 'online,offline', 'both being right again');
    await waitFor(() => told.includes('b offline'), 'his going being told');
    expect(told.slice(0, 2).sort()).toEqual(['a online', 'b online']);
    expect(told.slice(2)).toEqual(['b offline']);
    await Promise.all([one.close(), two.close()]);
  });
});
