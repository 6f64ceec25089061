import { randomBytes } from 'node:crypto';
import { connect } from 'amqplib';
import { createAmqpBus, exchangeOf, ownOf, parkedOf, unroutedOf, type EventBus, type Topology } from '@linsta/bus';
import { createLogger } from '@linsta/core';
import { createBroker, describeWith, noBroker, waitFor, type Broker } from '@linsta/testing';
import { createAmqpTools } from './amqp-tools';
import { aLike, QUEUES } from './contract';

const logger = createLogger('test', process.env.TEST_LOG_LEVEL ?? 'silent');
const parking = { park: async () => undefined };

describeWith(noBroker, 'the bus on a RabbitMQ that fails', () => {
  let broker: Broker;
  beforeAll(async () => {
    broker = await createBroker();
    await broker.start();
  }, 90_000);
  afterAll(() => broker?.remove());

  const { createTopology, withChannel, parkedLines } = createAmqpTools(() => broker.url);

  /** A publisher and a consumer on their own queues; `handled` counts by event id. */
  async function createPair(queues: number = QUEUES.length): Promise<{
    bus: EventBus;
    topology: Topology;
    queue: string;
    handled: Map<string, number>;
    publishAll(count: number): Promise<string[]>;
  }> {
    const { topology: all, own } = createTopology();
    const topology = { ...all, consumers: Object.fromEntries(Object.entries(all.consumers).slice(0, queues)) };
    const bus = createAmqpBus({ url: broker.url, name: 'test', logger, topology, publishTimeoutMs: 1_000 });
    const handled = new Map<string, number>();
    const queue = own(QUEUES[0]);
    await bus.subscribe({ queue, parking, handlers: { LIKE: async ({ id }) => void handled.set(id, (handled.get(id) ?? 0) + 1) } });
    /** As the outbox does: again and again until the broker has it. */
    const publish = async (id: string): Promise<void> => {
      for (;;) {
        try {
          return await bus.publish(aLike(id));
        } catch {
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
      }
    };
    return {
      bus,
      topology,
      queue,
      handled,
      async publishAll(count) {
        const sent = Array.from({ length: count }, () => randomBytes(6).toString('hex'));
        await Promise.all(sent.map(publish));
        return sent;
      },
    };
  }
  const faults: Record<string, (pair: Awaited<ReturnType<typeof createPair>>) => Promise<void> | void> = {
    'the broker is stopped and started': async () => {
      await broker.stop();
      await broker.start();
    },
    'the broker is killed and started': async () => {
      await broker.kill('SIGKILL');
      await broker.start();
    },
    'an operator closes every connection': () => void broker.ctl('close_all_connections', 'by the operator'),
    'the queue is deleted under its consumer': ({ queue }) => withChannel(async (channel) => void (await channel.deleteQueue(queue))),
    'the exchanges are deleted': ({ topology }) =>
      withChannel(async (channel) => {
        for (const exchange of [exchangeOf(topology), ownOf(topology)]) await channel.deleteExchange(exchange);
      }),
    'the broker is up but silent for a while': async ({ bus }) => {
      const pausing = broker.pause(16_000);
      await waitFor(() => bus.consumers()[0]!.silentMs > 6_000, 'the gauge telling of the silence', 16_000);
      await pausing;
      await waitFor(() => bus.consumers()[0]!.silentMs < 6_000, 'the gauge telling of its end', 30_000);
    },
  };
  test.each(Object.keys(faults))(
    'when %s under load, then every published event is handled, by itself',
    async (fault) => {
      const pair = await createPair();
      try {
        await waitFor(() => pair.bus.healthy(), 'a healthy bus', 20_000);
        const before = await pair.publishAll(50);
        // Events in a deleted queue are lost with it; all other events must arrive.
        if (fault.includes('deleted')) await waitFor(() => before.every((id) => pair.handled.has(id)));
        const meanwhile = pair.publishAll(200);
        await faults[fault]!(pair);
        const sent = [...(await meanwhile), ...(await pair.publishAll(50))];
        // With the queue goes what waited in it, and what came before it was bound again.
        if (fault.includes('queue is deleted'))
          await waitFor(
            async () => {
              const [probe] = await pair.publishAll(1);
              await new Promise((resolve) => setTimeout(resolve, 200));
              return pair.handled.has(probe!);
            },
            'the queue bound again',
            30_000,
          );
        else await waitFor(() => sent.every((id) => pair.handled.has(id)), 'every event handled', 60_000);
        const last = await pair.publishAll(20);
        await waitFor(() => last.every((id) => pair.handled.has(id)), 'the last events handled', 30_000);
        await waitFor(() => pair.bus.healthy(), 'a healthy bus', 30_000);
      } finally {
        await pair.bus.close();
      }
    },
    120_000,
  );

  test('when the only queue of a type is deleted under load, then its events stay with their publisher and are not parked as unknown', async () => {
    const pair = await createPair(1);
    try {
      await waitFor(() => pair.bus.healthy(), 'a healthy bus', 20_000);
      for (let deletions = 0; deletions < 5; deletions += 1) {
        const meanwhile = pair.publishAll(200);
        await faults['the queue is deleted under its consumer']!(pair);
        await meanwhile;
        await waitFor(() => pair.bus.healthy(), 'a healthy bus', 20_000);
      }
      const last = await pair.publishAll(20);
      await waitFor(() => last.every((id) => pair.handled.has(id)), 'the last events handled', 30_000);
      expect(await parkedLines(parkedOf(unroutedOf(pair.topology)))).toEqual([]);
    } finally {
      await pair.bus.close();
    }
  }, 60_000);

  test('when a queue of another shape stands under a name of ours, then the log names it, and the bus begins when it is gone', async () => {
    const { topology, own } = createTopology();
    const queue = own(QUEUES[0]);
    await withChannel(async (channel) => void (await channel.assertQueue(queue, { durable: false })));
    const lines: string[] = [];
    const bus = createAmqpBus({
      url: broker.url,
      name: 'test',
      logger: createLogger('test', 'warn', { write: (line) => lines.push(line) }),
      topology,
    });
    try {
      await bus.subscribe({ queue, parking, handlers: { LIKE: async () => undefined } });
      await waitFor(
        () => lines.some((line) => /PRECONDITION_FAILED.*inequivalent arg/.test(line) && line.includes(queue)),
        'the reason',
        20_000,
      );
      expect(bus.healthy()).toBe(false);
      await withChannel(async (channel) => void (await channel.deleteQueue(queue)));
      await waitFor(() => bus.healthy(), 'a healthy bus', 20_000);
    } finally {
      await bus.close();
    }
  }, 60_000);

  test('when a memory alarm blocks publishers, then publishing is refused in time, consuming goes on, and it heals', async () => {
    const pair = await createPair();
    try {
      await waitFor(() => pair.bus.healthy(), 'a healthy bus', 20_000);
      broker.ctl('set_vm_memory_high_watermark', '0.000001');
      await expect(
        (async () => {
          for (;;) await pair.bus.publish(aLike());
        })(),
      ).rejects.toThrow(/no confirm within|lost/);
      expect(pair.bus.healthy()).toBe(false);
      expect(pair.bus.consumers()).toMatchObject([{ consuming: true }]);
      broker.ctl('set_vm_memory_high_watermark', '0.4');
      const sent = await pair.publishAll(20);
      await waitFor(() => sent.every((id) => pair.handled.has(id)), 'every event handled', 30_000);
    } finally {
      broker.ctl('set_vm_memory_high_watermark', '0.4');
      await pair.bus.close();
    }
  }, 60_000);

  test('when no queue is bound for a type, then it is kept where unknown things are, and no queue is stopped by it', async () => {
    const pair = await createPair();
    try {
      await waitFor(() => pair.bus.healthy(), 'a healthy bus', 20_000);
      await withChannel(async (channel) => void channel.publish(exchangeOf(pair.topology), 'SHRUG', Buffer.from('{}')));
      await waitFor(async () => (await parkedLines(parkedOf(unroutedOf(pair.topology)))).length === 1);
      expect((await pair.publishAll(1)).length).toBe(1);
    } finally {
      await pair.bus.close();
    }
  });

  test('when a publish reaches no queue at all, then it is refused, not confirmed into nothing, and succeeds when the queue is bound again', async () => {
    const pair = await createPair();
    try {
      await waitFor(() => pair.bus.healthy(), 'a healthy bus', 20_000);
      const unbind = () =>
        withChannel(async (channel) => {
          for (const queue of Object.keys(pair.topology.consumers)) await channel.unbindQueue(queue, ownOf(pair.topology), 'LIKE');
        });
      await waitFor(
        async () => {
          await unbind();
          return pair.bus.publish(aLike()).then(
            () => false,
            (error: Error) => error.message === 'no queue takes LIKE',
          );
        },
        'the refusal',
        20_000,
      );
      const sent = await pair.publishAll(5);
      await waitFor(() => sent.every((id) => pair.handled.has(id)), 'every event handled', 20_000);
    } finally {
      await pair.bus.close();
    }
  }, 60_000);

  test('when an event kills its consumer again and again, then the broker parks it, and the queue goes on', async () => {
    const { topology, own } = createTopology();
    const queue = own(QUEUES[0]);
    const bus = createAmqpBus({ url: broker.url, name: 'test', logger, topology });
    await bus.publish(aLike('deadly'));
    // As a process that dies with it does: takes it, and is gone without an answer.
    for (let deaths = 0; deaths < 40; deaths += 1) {
      const connection = await connect(broker.url);
      const channel = await connection.createChannel();
      await channel.get(queue);
      await connection.close();
    }
    await waitFor(async () => (await parkedLines(parkedOf(queue))).length === 1, 'the broker parking it', 20_000);
    const handled: string[] = [];
    await bus.subscribe({ queue, parking, handlers: { LIKE: async ({ id }) => void handled.push(id) } });
    await bus.publish(aLike('harmless'));
    await waitFor(() => handled.length > 0, 'the next one');
    expect(handled).toEqual(['harmless']);
    await bus.close();
  }, 60_000);

  test('when the broker is not there at the start, then publishing is refused in time, and all begins when it comes', async () => {
    await broker.stop();
    const pair = await createPair();
    try {
      await expect(pair.bus.publish(aLike())).rejects.toThrow('no confirm within');
      expect(pair.bus.healthy()).toBe(false);
      await broker.start();
      const sent = await pair.publishAll(20);
      await waitFor(() => sent.every((id) => pair.handled.has(id)), 'every event handled', 30_000);
    } finally {
      await pair.bus.close();
    }
  }, 120_000);
});
