import { createAmqpBus, exchangeOf, parkedOf, type EventBus } from '@linsta/bus';
import { createLogger } from '@linsta/core';
import { createBroker, describeWith, noBroker, type Broker } from '@linsta/testing';
import { createAmqpTools } from './amqp-tools';
import { busContract, type BusUnderTest } from './contract';

const logger = createLogger('test', process.env.TEST_LOG_LEVEL ?? 'silent');
const parking = { park: async () => undefined };
/**
 * A broker that is there already is used, under names of the test's own; it is not this suite that
 * stops one.
 */
const elsewhere = process.env.AMQP_URL ?? '';

describeWith(elsewhere === '' ? noBroker : undefined, 'the contract of the bus on RabbitMQ', () => {
  let broker: Broker | undefined;
  beforeAll(async () => {
    if (elsewhere !== '') return;
    broker = await createBroker();
    await broker.start();
  }, 90_000);
  afterAll(() => broker?.remove());
  const urlOf = () => broker?.url ?? elsewhere;
  const { createTopology, withChannel, parkedLines, remove } = createAmqpTools(urlOf);

  busContract(async (): Promise<BusUnderTest> => {
    const { topology, own } = createTopology();
    const buses: EventBus[] = [];
    // The suite's short queue names stand for this test's own ones.
    const create = (): EventBus => {
      const bus = createAmqpBus({ url: urlOf(), name: 'test', logger, topology });
      buses.push(bus);
      return { ...bus, subscribe: (subscription) => bus.subscribe({ ...subscription, queue: own(subscription.queue) }) };
    };
    const bus = create();
    return {
      bus,
      another: create,
      publishRaw: (routingKey, content) => withChannel(async (channel) => void channel.publish(exchangeOf(topology), routingKey, content)),
      parked: async (queue) =>
        (await parkedLines(parkedOf(own(queue)))).map((line) => ({ ...line, queue: line.queue.replace(`${topology.namespace}.`, '') })),
      parking,
      close: async () => {
        await Promise.all(buses.map((other) => other.close()));
        await remove(topology);
      },
    };
  });
});
