import { randomBytes } from 'node:crypto';
import type { BusEvent } from '@linsta/contracts';
import { toBusEvent, type BusHandlers, type EventBus } from '@linsta/bus';
import { AppError } from '@linsta/core';
import { waitFor } from '@linsta/testing';

export interface ParkedLine {
  queue: string;
  reason: string;
  attempts: number;
  raw: string;
}
export interface BusUnderTest {
  bus: EventBus;
  /** A second process on the same bus; undefined where there can be only one. */
  another: (() => EventBus) | undefined;
  /**
   * Publishes bytes as a foreign publisher would; undefined for a bus without foreign publishers.
   */
  publishRaw: ((routingKey: string, content: Buffer) => Promise<void>) | undefined;
  parked(queue: string): Promise<ParkedLine[]>;
  /** Keeps parked events of a queue; needed by the bus that has no broker. */
  parking: { park(entry: ParkedLine): Promise<void> };
  close(): Promise<void>;
}
export const QUEUES = ['test.first', 'test.second'] as const;
/** What the adapter under test is to be made with: four quick retries. */
export const QUICK_RETRIES_MS = [40, 60, 80, 100];

export const aLike = (id = randomBytes(6).toString('hex'), recipientId = 'a'.repeat(24)): BusEvent<'LIKE'> =>
  toBusEvent('test', 'LIKE', id, { recipientId, actorId: 'b'.repeat(24), referenceId: 'c'.repeat(24) });

/** What every adapter of the bus must do. */
export function busContract(create: () => Promise<BusUnderTest>): void {
  let under: BusUnderTest;
  beforeEach(async () => {
    under = await create();
  });
  afterEach(() => under.close());
  const subscribe = async (handlers: BusHandlers, queue: string = QUEUES[0], bus = under.bus) => {
    await bus.subscribe({ queue, handlers, parking: under.parking });
    await waitFor(() => bus.healthy(), 'a healthy bus', 20_000);
  };
  const ids = (events: { id: string }[]) => events.map(({ id }) => id).sort();

  test('when an event is published, then every queue that listens gets it whole, once', async () => {
    const got: Record<string, BusEvent<'LIKE'>[]> = { first: [], second: [] };
    await subscribe({ LIKE: async (event) => void got.first!.push(event) }, QUEUES[0]);
    await subscribe({ LIKE: async (event) => void got.second!.push(event) }, QUEUES[1]);
    const event = aLike();
    await under.bus.publish(event);
    await waitFor(() => got.first!.length + got.second!.length === 2);
    expect(got).toEqual({ first: [event], second: [event] });
  });
  test('when no consumer handles a known type, then publishing it succeeds all the same', async () => {
    await subscribe({ LIKE: async () => undefined });
    const [chatRoomId, messageId, senderId] = ['c', 'd', 'a'].map((digit) => digit.repeat(24)) as [string, string, string];
    const sent = { chatRoomId, messageId, seq: 1, senderId, recipientIds: [], excerpt: '' };
    await under.bus.publish(toBusEvent('test', 'MESSAGE_SENT', 'x', sent));
    expect(await under.parked(QUEUES[0])).toEqual([]);
  });
  test('when 500 events come at once, then each is handled', async () => {
    const got: BusEvent<'LIKE'>[] = [];
    await subscribe({ LIKE: async (event) => void got.push(event) });
    const sent = Array.from({ length: 500 }, () => aLike());
    await Promise.all(sent.map((event) => under.bus.publish(event)));
    await waitFor(() => got.length >= 500);
    expect(ids(got)).toEqual(ids(sent));
  });
  test('when a handler fails for a while, then the event is tried again until it succeeds, and other events pass it meanwhile', async () => {
    const tried: string[] = [];
    await subscribe({
      LIKE: async ({ id }) => {
        tried.push(id);
        if (id === 'ill' && tried.filter((other) => other === 'ill').length < 3) throw new Error('not yet');
      },
    });
    const published = under.bus.publish(aLike('ill'));
    await waitFor(() => tried.includes('ill'));
    await under.bus.publish(aLike('well'));
    await waitFor(() => tried.includes('well'));
    await published;
    await waitFor(() => tried.filter((id) => id === 'ill').length === 3);
    expect(await under.parked(QUEUES[0])).toEqual([]);
  });
  test('when a handler fails five times, then the event is parked with the reason, and the next one is handled', async () => {
    const tried: string[] = [];
    await subscribe({
      LIKE: async ({ id }) => {
        tried.push(id);
        if (id === 'ill') throw new Error('broken for good');
      },
    });
    const ill = aLike('ill');
    await under.bus.publish(ill);
    const [parked] = await waitFor(async () => {
      const found = await under.parked(QUEUES[0]);
      return found.length > 0 ? found : undefined;
    });
    expect(parked).toMatchObject({ queue: QUEUES[0], reason: 'broken for good', attempts: 5 });
    expect(JSON.parse(parked!.raw)).toEqual(ill);
    expect(tried.filter((id) => id === 'ill')).toHaveLength(5);
    await under.bus.publish(aLike('well'));
    await waitFor(() => tried.includes('well'));
  });
  test('when the database or a service is away for longer than all retries last, then the event waits, and is handled, not parked', async () => {
    let away = true;
    const tried: Record<string, number> = {};
    const outages: Record<string, () => Error> = {
      database: () => Object.assign(new Error('connect ECONNREFUSED'), { name: 'MongoServerSelectionError' }),
      service: () => new AppError('UNAVAILABLE', 'The users service is not reachable'),
    };
    const handled: string[] = [];
    await subscribe({
      LIKE: async ({ id }) => {
        tried[id] = (tried[id] ?? 0) + 1;
        if (away) throw outages[id]!();
        handled.push(id);
      },
    });
    const published = Promise.all(Object.keys(outages).map((id) => under.bus.publish(aLike(id))));
    // Any other event would be parked by now.
    const allRetries = QUICK_RETRIES_MS.length + 2;
    await waitFor(() => Object.keys(outages).every((id) => (tried[id] ?? 0) >= allRetries), 'repeated attempts', 20_000);
    expect([handled, await under.parked(QUEUES[0])]).toEqual([[], []]);
    away = false;
    await published;
    await waitFor(() => handled.length === 2, 'both events', 15_000);
    expect(await under.parked(QUEUES[0])).toEqual([]);
  });
  test('when a consumer stops while its events wait for a dependency, then it stops at once', async () => {
    let tries = 0;
    const consumer = await under.bus.subscribe({
      queue: QUEUES[0],
      parking: under.parking,
      handlers: {
        LIKE: async () => {
          tries += 1;
          throw new AppError('UNAVAILABLE', 'away');
        },
      },
    });
    await waitFor(() => under.bus.healthy(), 'a healthy bus', 20_000);
    const published = under.bus.publish(aLike()).catch(() => 'kept by its publisher');
    await waitFor(() => tries >= 3, 'some attempts');
    // It would wait for the handler as long as the outage lasts.
    await consumer.stop();
    await published;
    expect(await under.parked(QUEUES[0])).toEqual([]);
  });
  test('when a handler says that it will never work, then the event is parked at once', async () => {
    let tries = 0;
    await subscribe({
      LIKE: async () => {
        tries += 1;
        throw new AppError('POST_NOT_FOUND', 'There is no such thing');
      },
    });
    await under.bus.publish(aLike());
    await waitFor(async () => (await under.parked(QUEUES[0])).length === 1);
    expect(await under.parked(QUEUES[0])).toMatchObject([{ reason: 'There is no such thing', attempts: 1 }]);
    expect(tries).toBe(1);
  });
  test('when what arrives is malformed, then it is parked with its reason, and the next good one is handled', async () => {
    const got: string[] = [];
    await subscribe({ LIKE: async ({ id }) => void got.push(id) });
    const good = aLike('good');
    const bad: [Buffer, RegExp][] = [
      [Buffer.from('{not json'), /malformed: not JSON/],
      [Buffer.from(JSON.stringify({ ...good, id: '' })), /malformed: id/],
      [Buffer.from(JSON.stringify({ ...good, specversion: '2.0' })), /malformed: specversion/],
      [Buffer.from(JSON.stringify({ ...good, data: { ...good.data, recipientId: undefined } })), /malformed: data.recipientId/],
      [Buffer.from(JSON.stringify({ ...good, type: 'SHRUG' })), /unknown type "SHRUG"/],
      [Buffer.from(JSON.stringify({ ...good, type: '__proto__' })), /unknown type/],
      [Buffer.from(JSON.stringify({ ...good, extra: 'x'.repeat(300_000) })), /malformed: larger than/],
      [Buffer.from([0xff, 0xfe, 0x00]), /malformed/],
    ];
    const put = under.publishRaw ?? ((_key: string, content: Buffer) => under.bus.publish(toEvent(content)));
    const publishable = under.publishRaw === undefined ? bad.slice(1, 7) : bad;
    for (const [content] of publishable) await put('LIKE', content);
    await put('LIKE', Buffer.from(JSON.stringify(good)));
    await waitFor(() => got.includes('good'));
    const parked = await waitFor(async () => {
      const found = await under.parked(QUEUES[0]);
      return found.length === publishable.length ? found : undefined;
    });
    for (const [, reason] of publishable) expect(parked.map((line) => line.reason)).toContainEqual(expect.stringMatching(reason));
    expect(got).toEqual(['good']);
  });
  test('when the bus is closed in the middle, then what was begun is finished, and publishing is refused', async () => {
    const done: string[] = [];
    let begun = 0;
    await subscribe({
      LIKE: async ({ id }) => {
        begun += 1;
        await new Promise((resolve) => setTimeout(resolve, 50));
        done.push(id);
      },
    });
    const published = Array.from({ length: 5 }, () => under.bus.publish(aLike()).catch(() => undefined));
    await waitFor(() => begun === 5);
    await under.bus.close();
    await Promise.all(published);
    expect(done).toHaveLength(5);
    await expect(under.bus.publish(aLike())).rejects.toThrow('closed');
  });
  test('when a queue has two consumers in two processes, then they share its events', async () => {
    if (under.another === undefined) {
      await subscribe({ LIKE: async () => undefined });
      await expect(under.bus.subscribe({ queue: QUEUES[0], handlers: {}, parking: under.parking })).rejects.toThrow(
        'has a consumer already',
      );
      return;
    }
    const other = under.another();
    const [mine, others]: [string[], string[]] = [[], []];
    const slowly =
      (list: string[]) =>
      async ({ id }: { id: string }) => {
        list.push(id);
        await new Promise((resolve) => setTimeout(resolve, 1));
      };
    try {
      await subscribe({ LIKE: slowly(mine) });
      await subscribe({ LIKE: slowly(others) }, QUEUES[0], other);
      const sent = Array.from({ length: 300 }, () => aLike());
      await Promise.all(sent.map((event) => under.bus.publish(event)));
      await waitFor(() => mine.length + others.length >= 300);
      expect([...mine, ...others].sort()).toEqual(ids(sent));
      expect(others.length).toBeGreaterThan(0);
    } finally {
      await other.close();
    }
  });
}
const toEvent = (content: Buffer) => JSON.parse(content.toString()) as BusEvent<'LIKE'>;
