import { createMemoryBus } from '@linsta/bus';
import { createLogger } from '@linsta/core';
import { waitFor } from '@linsta/testing';
import { aLike, busContract, QUEUES, QUICK_RETRIES_MS, type ParkedLine } from './contract';

const logger = createLogger('test', 'silent');

describe('the memory bus keeps the contract', () =>
  busContract(async () => {
    const bus = createMemoryBus({ logger, retryDelaysMs: QUICK_RETRIES_MS });
    const lines: ParkedLine[] = [];
    return {
      bus,
      another: undefined,
      publishRaw: undefined,
      parked: async (queue) => lines.filter((line) => line.queue === queue),
      parking: { park: async (entry) => void lines.push(entry) },
      close: () => bus.close(),
    };
  }));

test('when an event cannot be handled yet, then publish has not resolved, so that a crash leaves it in the outbox', async () => {
  const bus = createMemoryBus({ logger, retryDelaysMs: [10_000] });
  let tries = 0;
  await bus.subscribe({
    queue: QUEUES[0],
    parking: { park: async () => undefined },
    handlers: {
      LIKE: async () => {
        tries += 1;
        throw new Error('down');
      },
    },
  });
  let outcome = 'waiting';
  const published = bus.publish(aLike()).then(
    () => (outcome = 'resolved'),
    () => (outcome = 'rejected'),
  );
  await waitFor(() => tries === 1);
  expect(outcome).toBe('waiting');
  await bus.close();
  await published;
  expect(outcome).toBe('rejected');
});

test('when parking fails, then publish has not resolved until it succeeds', async () => {
  const bus = createMemoryBus({ logger, retryDelaysMs: [10] });
  const parkings: string[] = [];
  await bus.subscribe({
    queue: QUEUES[0],
    handlers: {
      LIKE: async () => {
        throw new Error('never');
      },
    },
    parking: {
      park: async ({ reason }) => {
        parkings.push(reason);
        if (parkings.length < 3) throw new Error('the database is down');
      },
    },
  });
  await bus.publish(aLike());
  expect(parkings).toEqual(['never', 'never', 'never']);
  await bus.close();
});

test('when an event is published before its consumers have subscribed, then it waits for them', async () => {
  let allSubscribed: () => void = () => undefined;
  const bus = createMemoryBus({ logger, subscribed: new Promise((resolve) => (allSubscribed = resolve)) });
  const handled: string[] = [];
  const published = bus.publish(aLike());
  await bus.subscribe({
    queue: QUEUES[0],
    parking: { park: async () => undefined },
    handlers: { LIKE: async ({ id }) => void handled.push(id) },
  });
  allSubscribed();
  await published;
  expect(handled).toHaveLength(1);
  await bus.close();
});

test('when the bus closes before anybody has subscribed, then publish is refused and the publisher keeps its event', async () => {
  const bus = createMemoryBus({ logger, subscribed: new Promise(() => undefined) });
  const published = bus.publish(aLike());
  await Promise.all([expect(published).rejects.toThrow('closed'), bus.close()]);
});
