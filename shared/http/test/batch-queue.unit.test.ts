import { createBatchQueue } from '@linsta/http';

/** An upstream that answers each batch on command. */
function createNeighbour() {
  const batches: { items: number[]; answer(): void; fail(): void }[] = [];
  const send = (items: number[]) =>
    new Promise<string[]>((resolve, reject) =>
      batches.push({
        items,
        answer: () => resolve(items.map((item) => `done ${item}`)),
        fail: () => reject(new Error('the neighbour fell over')),
      }),
    );
  return { batches, send };
}
const outcomeOf = (pushed: Promise<string>) =>
  pushed.then(
    (text) => text,
    (error: Error & { status?: number }) => `${error.status ?? ''} ${error.message}`,
  );

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

test('when items come while a batch is under way, then they are the next one, in their order, and each gets its own outcome', async () => {
  const { batches, send } = createNeighbour();
  const link = createBatchQueue({ send, maxBatch: 2, maxWaiting: 10 });
  const outcomes = [1, 2, 3, 4].map((item) => link.push(item));
  await jest.advanceTimersByTimeAsync(0);
  expect(batches.map(({ items }) => items)).toEqual([[1, 2]]);
  batches[0]?.answer();
  await jest.advanceTimersByTimeAsync(0);
  batches[1]?.answer();
  expect(await Promise.all(outcomes)).toEqual(['done 1', 'done 2', 'done 3', 'done 4']);
});

test('when a batch gets no answer, then no caller waits longer than the deadline, and unsent items are dropped', async () => {
  const { batches, send } = createNeighbour();
  const link = createBatchQueue({ send, maxBatch: 10, maxWaiting: 10, deadlineMs: 1_000 });
  const settled: string[] = [];
  const push = (item: number) => void outcomeOf(link.push(item)).then((outcome) => settled.push(`${item} ${outcome}`));
  push(1);
  await jest.advanceTimersByTimeAsync(400);
  push(2);
  await jest.advanceTimersByTimeAsync(599);
  expect(settled).toEqual([]);
  await jest.advanceTimersByTimeAsync(2);
  expect(settled).toEqual(['1 503 There was no answer in time']);
  await jest.advanceTimersByTimeAsync(400);
  expect(settled).toEqual(['1 503 There was no answer in time', '2 503 There was no answer in time']);
  push(3);
  await jest.advanceTimersByTimeAsync(100);
  batches[0]?.answer();
  await jest.advanceTimersByTimeAsync(0);
  expect(batches.map(({ items }) => items)).toEqual([[1], [3]]);
  batches[1]?.answer();
  await jest.advanceTimersByTimeAsync(0);
  expect(settled.slice(2)).toEqual(['3 done 3']);
});

test('when a batch fails, then its items fail and the next ones go on; when too much waits, then more is refused', async () => {
  const { batches, send } = createNeighbour();
  const link = createBatchQueue({ send, maxBatch: 1, maxWaiting: 1 });
  const first = outcomeOf(link.push(1));
  await jest.advanceTimersByTimeAsync(0);
  const second = outcomeOf(link.push(2));
  expect(await outcomeOf(link.push(3))).toBe('429 Too many requests are waiting; try again shortly');
  batches[0]?.fail();
  await jest.advanceTimersByTimeAsync(0);
  batches[1]?.answer();
  expect([await first, await second]).toEqual([' the neighbour fell over', 'done 2']);
});
