import { randomBytes } from 'node:crypto';
import { createStore } from '@linsta/embedded-mongo';
import {
  createAmqpBus,
  createMemoryBus,
  exchangeOf,
  openParkedOnBroker,
  parkedOf,
  unroutedOf,
  type EventBus,
  type Topology,
} from '@linsta/bus';
import { createLogger } from '@linsta/core';
import { createParkingStore, openDatabase, openParkedInStore } from '@linsta/mongo';
import { createBroker, createTemporaryDirectory, describeWith, noBroker, waitFor, type Broker } from '@linsta/testing';
import { connect } from 'amqplib';
import { aLike, QUICK_RETRIES_MS } from './contract';
import { parkedContract, type ParkedUnderTest } from './parked-contract';

const logger = createLogger('test', process.env.TEST_LOG_LEVEL ?? 'silent');
const closeAll = (buses: EventBus[]) => Promise.all(buses.splice(0).map((bus) => bus.close()));

describe('parked events of the memory bus', () => {
  const directory = createTemporaryDirectory();
  let store: Awaited<ReturnType<typeof createStore>>;
  beforeAll(async () => {
    store = await createStore({ dataDir: directory.path });
  });
  afterAll(async () => {
    await store.close();
    directory.remove();
  });
  const create = async (): Promise<ParkedUnderTest & { close(): Promise<void> }> => {
    const name = `parked_${randomBytes(4).toString('hex')}`;
    const database = openDatabase({ url: store.url, name, logger });
    const buses: EventBus[] = [];
    const parking = createParkingStore(database.connection);
    await database.buildIndexes();
    const parked = await openParkedInStore({ url: store.url, databases: ['elsewhere', name] });
    return {
      queue: 'test.first',
      parking,
      parked,
      startBus() {
        const bus = createMemoryBus({ logger, retryDelaysMs: QUICK_RETRIES_MS, redrivePollMs: 20 });
        buses.push(bus);
        return bus;
      },
      async close() {
        await closeAll(buses);
        await parked.close();
        await database.close();
      },
    };
  };
  parkedContract(create);

  test('when its process ends in the middle of a re-driven one, then it is tried again at the next start', async () => {
    const under = await create();
    try {
      const event = aLike('one');
      await under.parking.park({ queue: under.queue, reason: 'why', attempts: 5, raw: JSON.stringify(event), parkedAt: new Date() });
      const [line] = await under.parked.list();
      await under.parked.redrive([line!.id]);
      const tried: string[] = [];
      const dying = under.startBus();
      const subscription = { queue: under.queue, parking: under.parking };
      await dying.subscribe({
        ...subscription,
        handlers: {
          LIKE: async () => {
            tried.push('dying');
            throw new Error('the process is ending');
          },
        },
      });
      await waitFor(() => tried.length > 0, 'the first try');
      await dying.close();
      expect(await under.parked.list()).toHaveLength(1);
      await under.startBus().subscribe({ ...subscription, handlers: { LIKE: async ({ id }) => void tried.push(id) } });
      await waitFor(() => tried.at(-1) === 'one', 'the next try');
      await waitFor(async () => (await under.parked.list()).length === 0, 'nothing being left');
    } finally {
      await under.close();
    }
  });
});

describeWith(noBroker, 'parked events on RabbitMQ', () => {
  let broker: Broker;
  let topology: Topology;
  const queue = () => `${topology.namespace}.first`;
  beforeAll(async () => {
    broker = await createBroker();
    await broker.start();
  }, 90_000);
  afterAll(() => broker?.remove());

  const create = async (): Promise<ParkedUnderTest> => {
    const namespace = `t${randomBytes(4).toString('hex')}`;
    topology = { namespace, consumers: { [`${namespace}.first`]: ['LIKE'] }, retryDelaysMs: QUICK_RETRIES_MS };
    const buses: EventBus[] = [];
    const parked = await openParkedOnBroker({ url: broker.url, logger, topology });
    return {
      queue: queue(),
      parking: { park: async () => undefined },
      parked,
      startBus() {
        const bus = createAmqpBus({ url: broker.url, name: 'test', logger, topology });
        buses.push(bus);
        return bus;
      },
      async close() {
        await closeAll(buses);
        await parked.close();
      },
    };
  };
  parkedContract(create);

  const put = async (exchange: string, routingKey: string, content: string, copies = 1) => {
    const connection = await connect(broker.url);
    const channel = await connection.createConfirmChannel();
    for (let n = 0; n < copies; n += 1) channel.publish(exchange, routingKey, Buffer.from(content), { persistent: true });
    await channel.waitForConfirms();
    await connection.close();
  };

  test('when the same event lies there twice, as after a crash, then it is one line, re-driven and discarded together', async () => {
    const under = await create();
    try {
      await put('', parkedOf(queue()), '{not json', 2);
      await put('', parkedOf(queue()), JSON.stringify(aLike('other')));
      const line = (await under.parked.list()).find(({ copies }) => copies === 2);
      expect(line).toMatchObject({ queue: queue(), raw: '{not json' });
      expect(await under.parked.discard(line!.id)).toBe(true);
      expect(await under.parked.list()).toMatchObject([{ copies: 1 }]);
    } finally {
      await under.close();
    }
  });

  test('when an event is of a type that no queue takes, then it is listed so, and re-driven to the queue that takes it by now', async () => {
    const under = await create();
    try {
      await put(exchangeOf(topology), 'SHRUG', '{"type":"SHRUG"}');
      const [line] = await waitFor(async () => {
        const lines = await under.parked.list();
        return lines.length > 0 ? lines : undefined;
      });
      expect(line).toMatchObject({ queue: unroutedOf(topology), reason: 'unknown type: no queue takes "SHRUG"' });
      expect(await under.parked.redrive([line!.id])).toBe(1);
      await waitFor(async () => (await under.parked.list()).length === 1, 'being back, since nobody takes it yet');
      const connection = await connect(broker.url);
      const channel = await connection.createChannel();
      const taking = await channel.assertQueue('', { exclusive: true });
      await channel.bindQueue(taking.queue, exchangeOf(topology), 'SHRUG');
      await under.parked.redrive([line!.id]);
      const got = await waitFor(async () => (await channel.get(taking.queue)) || undefined, 'the event where it is taken now');
      expect(got.content.toString()).toBe('{"type":"SHRUG"}');
      expect(await under.parked.list()).toEqual([]);
      await connection.close();
    } finally {
      await under.close();
    }
  });
});
