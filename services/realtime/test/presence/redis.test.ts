import { createLogger } from '@linsta/core';
import {
  createFaultProxy,
  createRedis,
  describeWith,
  noRedis,
  noSharedRedis,
  sharedRedis,
  waitFor,
  type RedisServer,
} from '@linsta/testing';
import { createCluster, type Cluster } from '../../src/cluster';
import type { PresenceStore } from '../../src/presence/presence';
import { createRedisPresence } from '../../src/presence/redis';
import { presenceContract } from './contract';

const logger = createLogger('test', 'silent');
const ANN = 'a'.repeat(24);
const BEN = 'b'.repeat(24);

type Lease = { leaseMs?: number; renewMs?: number };

/** Nodes of a test, on whatever Redis `where` tells; all are closed after it. */
function nodesOn(where: () => { url: string; prefix: string }) {
  const clusters: Cluster[] = [];
  return {
    async start(lease: Lease = {}): Promise<PresenceStore> {
      const cluster = await createCluster({ ...where(), logger });
      clusters.push(cluster);
      const node = createRedisPresence({ cluster, logger, graceMs: 200, sweepMs: 50, now: () => new Date(), ...lease });
      // It hears of changes from here on.
      await cluster.settled();
      return node;
    },
    /** As kill -9 does: no more renewals, no goodbye. */
    killLast: () => clusters.at(-1)?.close(),
    close: () => clusters.splice(0).forEach((cluster) => cluster.close()),
  };
}

describeWith(noSharedRedis, 'presence in Redis', () => {
  let redis: Awaited<ReturnType<typeof sharedRedis>>;
  const nodes = nodesOn(() => redis);
  beforeAll(async () => {
    redis = await sharedRedis();
  });
  afterEach(async () => {
    nodes.close();
    await redis.clear();
  });
  afterAll(() => redis.remove());

  const startTwo = async () => {
    const two = [await nodes.start(), await nodes.start()];
    return {
      nodes: two,
      async close() {
        for (const node of two) await node.close();
      },
    };
  };
  presenceContract(startTwo);

  test('when a node ends without cleanup, then its users are shown offline, and no other user flickers', async () => {
    const survivor = await nodes.start();
    const dying = await nodes.start({ leaseMs: 600, renewMs: 100 });
    const changes: string[] = [];
    survivor.onChange(({ userId, status }) => changes.push(`${userId[0]} ${status}`));
    await survivor.connected(ANN, 'hers here');
    await dying.connected(ANN, 'hers there');
    await dying.connected(BEN, 'his');
    await waitFor(() => changes.length === 2, 'both online');
    nodes.killLast();
    await waitFor(() => changes.length === 3, 'the users of the dead node going offline');
    expect(changes).toEqual(['a online', 'b online', 'b offline']);
    expect((await survivor.of([ANN, BEN])).map(({ status }) => status)).toEqual(['online', 'offline']);
    await survivor.close();
  });

  test('when two installations share one Redis, then neither hears of the other', async () => {
    const ours = await nodes.start();
    const others = nodesOn(() => ({ ...redis, prefix: `${redis.prefix}-other` }));
    const theirs = await others.start();
    const changes: string[] = [];
    theirs.onChange(({ userId }) => changes.push(userId));
    await ours.connected(ANN, 'hers');
    await theirs.connected(BEN, 'his');
    await waitFor(() => changes.length > 0, 'their own user coming online');
    expect(changes).toEqual([BEN]);
    expect((await theirs.of([ANN, BEN])).map(({ status }) => status)).toEqual(['offline', 'online']);
    await Promise.all([ours.close(), theirs.close()]);
    others.close();
  });
});

describeWith(noRedis, 'presence while its Redis goes', () => {
  let redis: RedisServer;
  const nodes = nodesOn(() => ({ url: redis.url, prefix: 'linsta' }));
  beforeAll(async () => {
    redis = await createRedis();
    await redis.start();
  });
  afterAll(() => {
    nodes.close();
    return redis.remove();
  });

  test('when Redis is gone, then the last known presence is answered; when it comes back empty, then all is listed again and no change is published twice', async () => {
    const [one, two] = [await nodes.start({ renewMs: 100 }), await nodes.start({ renewMs: 100 })] as const;
    const changes: string[] = [];
    two.onChange(({ userId, status }) => changes.push(`${userId[0]} ${status}`));
    await one.connected(ANN, 'hers');
    await two.connected(BEN, 'his');
    await waitFor(() => changes.length === 2, 'both online');
    await redis.kill('SIGKILL');
    expect((await two.of([ANN, BEN])).map(({ status }) => status)).toEqual(['online', 'online']);
    await two.disconnected(BEN, 'his');
    await redis.start();
    await waitFor(async () => (await one.of([ANN, BEN])).map(({ status }) => status).join() === 'online,offline', 'both being right again');
    await waitFor(() => changes.includes('b offline'), 'the offline change');
    expect(changes.slice(0, 2).sort()).toEqual(['a online', 'b online']);
    expect(changes.slice(2)).toEqual(['b offline']);
    await Promise.all([one.close(), two.close()]);
  });

  /** A node that reaches Redis through a proxy. */
  const behindProxy = async (lease?: Lease) => {
    const proxy = await createFaultProxy({ target: { port: Number(new URL(redis.url).port) } });
    const behind = nodesOn(() => ({ url: `redis://127.0.0.1:${proxy.port}`, prefix: 'linsta' }));
    const one = await behind.start(lease);
    const end = async () => {
      await one.close();
      behind.close();
      await proxy.close();
    };
    return { one, proxy, end };
  };

  test('when Redis falls silent, then the last known is answered meanwhile, and it is right again when Redis speaks', async () => {
    const { one, proxy, end } = await behindProxy();
    const two = await nodes.start();
    await one.connected(ANN, 'hers');
    await two.connected(BEN, 'his');
    const of = async () => (await one.of([ANN, BEN])).map(({ status }) => status).join();
    await waitFor(async () => (await of()) === 'online,online', 'both online');
    proxy.mode('silent');
    expect(await of()).toBe('online,online');
    await two.disconnected(BEN, 'his');
    proxy.heal();
    await waitFor(async () => (await of()) === 'online,offline', 'his going', 20_000);
    await Promise.all([end(), two.close()]);
  }, 60_000);

  test('when a node cannot reach Redis for less than its lease, then who came and who went meanwhile is shown rightly afterwards', async () => {
    const { one, proxy, end } = await behindProxy({ renewMs: 100 });
    const two = await nodes.start();
    const of = async () => (await two.of([ANN, BEN])).map(({ status }) => status).join();
    await one.connected(ANN, 'hers');
    await waitFor(async () => (await of()) === 'online,offline', 'her coming');
    proxy.down();
    await one.disconnected(ANN, 'hers');
    await one.connected(BEN, 'his');
    expect(await of()).toBe('online,offline');
    proxy.heal();
    await waitFor(async () => (await of()) === 'offline,online', 'both changes', 15_000);
    await Promise.all([end(), two.close()]);
  }, 60_000);
});
