import { silentLogger } from '@linsta/core';
import { createFaultProxy, describeWith, noSharedRedis, sharedRedis } from '@linsta/testing';
import { createCluster } from '../src/cluster';

describeWith(noSharedRedis, 'what nodes share in Redis', () => {
  test('when Redis falls silent, then a query fails instead of waiting', async () => {
    const redis = await sharedRedis();
    const { hostname, port } = new URL(redis.url);
    const proxy = await createFaultProxy({ target: { port: Number(port || 6379), host: hostname } });
    const cluster = await createCluster({ url: `redis://127.0.0.1:${proxy.port}`, prefix: redis.prefix, logger: silentLogger() });
    expect([await cluster.claim(['one'], 60_000), await cluster.claim(['one', 'two'], 60_000)]).toEqual([[true], [false, true]]);
    expect(await cluster.heldRooms(['nobody'])).toEqual(new Set());
    proxy.mode('silent');
    await expect(cluster.claim(['three'], 60_000)).rejects.toThrow('the answer of Redis');
    await expect(cluster.heldRooms(['nobody'])).rejects.toThrow('the answer of Redis');
    proxy.heal();
    cluster.close();
    await proxy.close();
    await redis.remove();
  }, 30_000);
});
