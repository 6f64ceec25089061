import type { EventBus, ParkedEvents, ParkingStore } from '@linsta/bus';
import { AppError } from '@linsta/core';
import { waitFor } from '@linsta/testing';
import { aLike } from './contract';

export interface ParkedUnderTest {
  /** A process of the consumer; each call makes another one. */
  startBus(): EventBus;
  parking: ParkingStore;
  queue: string;
  parked: ParkedEvents;
  close(): Promise<void>;
}

/** What the operator's side of every bus must do. */
export function parkedContract(create: () => Promise<ParkedUnderTest>): void {
  let under: ParkedUnderTest;
  /** Ids that the handler refuses for good. */
  const refused = new Set<string>();
  const handled: string[] = [];
  beforeEach(async () => {
    refused.clear();
    handled.length = 0;
    under = await create();
  });
  afterEach(() => under.close());

  const consume = async () => {
    const bus = under.startBus();
    await bus.subscribe({
      queue: under.queue,
      parking: under.parking,
      handlers: {
        LIKE: async ({ id }) => {
          if (refused.has(id)) throw new AppError('BAD_REQUEST', `Refused ${id}`);
          handled.push(id);
        },
      },
    });
    await waitFor(() => bus.healthy(), 'a healthy bus', 20_000);
    return bus;
  };
  const parkAll = async (bus: EventBus, ...ids: string[]) => {
    ids.forEach((id) => refused.add(id));
    for (const id of ids) await bus.publish(aLike(id));
    return waitFor(async () => {
      const lines = await under.parked.list();
      return lines.length === ids.length ? lines : undefined;
    }, 'all being parked');
  };

  test('when events are parked, then they are listed with queue, reason, tries, time and body, under the same ids each time', async () => {
    const lines = await parkAll(await consume(), 'one', 'two');
    expect(lines.map(({ reason }) => reason).sort()).toEqual(['Refused one', 'Refused two']);
    expect(lines[0]).toMatchObject({ queue: under.queue, attempts: 1, copies: 1, redriving: false });
    expect(JSON.parse(lines.find(({ reason }) => reason === 'Refused one')!.raw)).toEqual({ ...aLike('one'), time: expect.any(String) });
    expect(Date.now() - lines[0]!.parkedAt.getTime()).toBeLessThan(60_000);
    expect((await under.parked.list()).map(({ id }) => id)).toEqual(lines.map(({ id }) => id));
  });

  test('when one is re-driven after its cause is gone, then it is handled, other events stay, and it cannot be re-driven again', async () => {
    const lines = await parkAll(await consume(), 'one', 'two');
    refused.clear();
    const { id } = lines.find(({ reason }) => reason === 'Refused two')!;
    expect(await under.parked.redrive([id])).toBe(1);
    await waitFor(() => handled.length > 0, 'the re-driven one');
    await waitFor(async () => (await under.parked.list()).length === 1, 'one being left');
    expect(handled).toEqual(['two']);
    expect(await under.parked.redrive([id])).toBe(0);
    expect(await under.parked.list()).toMatchObject([{ reason: 'Refused one' }]);
  });

  test('when one is re-driven and fails again, then it is parked again, once', async () => {
    const [line] = await parkAll(await consume(), 'one');
    expect(await under.parked.redrive([line!.id])).toBe(1);
    const again = await waitFor(async () => {
      const [found] = await under.parked.list();
      return found !== undefined && !found.redriving && found.parkedAt > line!.parkedAt ? found : undefined;
    }, 'being parked again');
    expect(again).toMatchObject({ id: line!.id, reason: 'Refused one', copies: 1 });
    expect(handled).toEqual([]);
  });

  test('when no consumer runs, then a re-driven event is handled once one does', async () => {
    const bus = await consume();
    const [line] = await parkAll(bus, 'one');
    await bus.close();
    refused.clear();
    await under.parked.redrive([line!.id]);
    await consume();
    await waitFor(() => handled.length > 0, 'the re-driven one');
    await waitFor(async () => (await under.parked.list()).length === 0, 'nothing being left');
    expect(handled).toEqual(['one']);
  });

  test('when one is discarded, then it alone is gone', async () => {
    const lines = await parkAll(await consume(), 'one', 'two');
    expect(await under.parked.discard(lines[0]!.id)).toBe(true);
    expect(await under.parked.discard(lines[0]!.id)).toBe(false);
    expect((await under.parked.list()).map(({ id }) => id)).toEqual([lines[1]!.id]);
  });

  test('when events are handled and parked, then the consumer counts them', async () => {
    const bus = await consume();
    await parkAll(bus, 'one');
    for (const id of ['two', 'three']) await bus.publish(aLike(id));
    await waitFor(() => handled.length === 2, 'both handled');
    const [state] = await waitFor(() => {
      const states = bus.consumers();
      return states[0]?.underWay === 0 ? states : undefined;
    });
    expect(state).toMatchObject({ queue: under.queue, consuming: true, processed: 2, parked: 1, retried: 0 });
    expect([...bus.published()]).toEqual([['LIKE', 3]]);
  });
}
