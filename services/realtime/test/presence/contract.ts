import type { Presence } from '@linsta/contracts';
import { waitFor } from '@linsta/testing';
import type { PresenceStore } from '../../src/presence/presence';

export interface PresenceNodes {
  /** One or more nodes that share what they know. */
  nodes: PresenceStore[];
  close(): Promise<void>;
}

const ANN = 'a'.repeat(24);
const BEN = 'b'.repeat(24);

/** What every presence store does; `start` opens it with a grace of 200 ms. */
export function presenceContract(start: () => Promise<PresenceNodes>): void {
  let running: PresenceNodes;
  const changes: string[][] = [];
  beforeEach(async () => {
    running = await start();
    changes.length = 0;
    running.nodes.forEach((node, at) => {
      const own: string[] = (changes[at] = []);
      node.onChange(({ userId, status }: Presence) => own.push(`${userId[0]} ${status}`));
    });
  });
  afterEach(() => running.close());
  const first = () => running.nodes[0]!;
  const last = () => running.nodes.at(-1)!;
  const published = (expected: string[]) =>
    waitFor(() => changes.every((own) => own.join() === expected.join()), `${expected.join()} on every node`);

  test('when a user never connected, then the user is offline and was never seen', async () => {
    expect(await first().of([ANN])).toEqual([{ userId: ANN, status: 'offline', lastSeenAt: null }]);
  });

  test('when the first device connects and the last one disconnects, then each change is published once on every node, with the time', async () => {
    await first().connected(ANN, 'one');
    await published(['a online']);
    await last().connected(ANN, 'two');
    await first().disconnected(ANN, 'one');
    expect((await last().of([BEN, ANN])).map(({ status }) => status)).toEqual(['offline', 'online']);
    await last().disconnected(ANN, 'two');
    await published(['a online', 'a offline']);
    const [seen] = await first().of([ANN]);
    expect(seen).toMatchObject({ status: 'offline', lastSeenAt: expect.stringMatching(/^\d{4}-/) });
  });

  test('when a device reconnects within the grace, on any node, then no change is published', async () => {
    await first().connected(ANN, 'one');
    await first().disconnected(ANN, 'one');
    await last().connected(ANN, 'two');
    await last().connected(BEN, 'three');
    await last().disconnected(BEN, 'three');
    // Ben's grace began after Ann's would have ended.
    await published(['a online', 'b online', 'b offline']);
    expect((await first().of([ANN]))[0]?.status).toBe('online');
  });

  test('when a device is said to go twice, or was never here, then nothing changes', async () => {
    await first().connected(ANN, 'one');
    await first().connected(ANN, 'two');
    await first().disconnected(ANN, 'one');
    await first().disconnected(ANN, 'one');
    await first().disconnected(ANN, 'never here');
    await last().connected(BEN, 'three');
    await last().disconnected(BEN, 'three');
    await published(['a online', 'b online', 'b offline']);
    expect((await first().of([ANN]))[0]?.status).toBe('online');
  });
}
