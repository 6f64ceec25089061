import { createFaultProxy, createRedis, describeWith, noRedis, waitFor } from '@linsta/testing';
import { createClient } from 'redis';
import { createSubscriber } from '../src/subscriber';

describeWith(noRedis, 'subscriptions over a network that fails', () => {
  test('when the connection is lost while a subscription is being made, then it is made all the same, and one that was given up is not', async () => {
    const redis = await createRedis();
    await redis.start();
    const proxy = await createFaultProxy({ target: { port: Number(new URL(redis.url).port) } });
    const url = `redis://127.0.0.1:${proxy.port}`;
    const client = createClient({ url, socket: { reconnectStrategy: () => 50 } });
    const publisher = createClient({ url: redis.url });
    for (const one of [client, publisher]) one.on('error', () => undefined);
    try {
      await Promise.all([client.connect(), publisher.connect()]);
      const subscriber = createSubscriber(client);
      const messages: string[] = [];
      const listener = (message: Buffer) => void messages.push(message.toString());
      proxy.mode('silent');
      const made = subscriber.sSubscribe('wanted', listener);
      const givenUp = subscriber.sSubscribe('given up', listener);
      const plain = subscriber.subscribe('plain', (message) => void messages.push(message));
      await waitFor(() => proxy.connections === 1);
      void subscriber.sUnsubscribe('given up');
      await new Promise((resolve) => setTimeout(resolve, 50));
      proxy.reset();
      proxy.heal();
      await Promise.all([made, givenUp, plain]);
      await waitFor(async () => {
        await publisher.sPublish('given up', 'never');
        await publisher.sPublish('wanted', 'heard');
        await publisher.publish('plain', 'as well');
        return messages.includes('heard') && messages.includes('as well');
      }, 'both messages');
      expect(messages).not.toContain('never');
    } finally {
      client.destroy();
      publisher.destroy();
      await proxy.close();
      await redis.remove();
    }
  });
});
