import { silentLogger, toAppError } from '@linsta/core';
import { openDatabase, type Database } from '@linsta/mongo';
import { createStore, type Store } from '@linsta/embedded-mongo';
import { createFaultProxy, createTemporaryDirectory, waitFor, type FaultProxy } from '@linsta/testing';

const directory = createTemporaryDirectory();
let store: Store;
let proxy: FaultProxy;
let database: Database;

beforeAll(async () => {
  store = await createStore({ dataDir: directory.path });
  proxy = await createFaultProxy({ target: { port: store.port } });
  database = openDatabase({ url: proxy.url.replace('http', 'mongodb'), name: 'test', logger: silentLogger() });
  await database.buildIndexes();
});
afterAll(async () => {
  await database.close();
  await proxy.close();
  await store.close();
  directory.remove();
});

interface Socketed {
  socket: { destroyed: boolean; destroy(): void };
}
interface Server {
  monitor: { connection: Socketed | null };
  requestCheck(): void;
  pool: { connections: Iterable<Socketed> & { [Symbol.iterator](): Iterator<Socketed> } };
}
/** The driver's own view of the one server; none of it is public. */
const serverOf = ({ connection }: Database): Server => {
  const { topology } = connection.getClient() as unknown as { topology: { s: { servers: Map<string, Server> } } };
  return [...topology.s.servers.values()][0]!;
};
const write = () => database.connection.collection('rows').insertOne({ at: new Date() });

test('when all connections end at once and commands meet what is left of them, then each ends with a result or an error, and the next ones succeed', async () => {
  for (let round = 0; round < 5; round += 1) {
    await Promise.all(Array.from({ length: 5 }, write));
    const server = serverOf(database);
    await waitFor(() => server.monitor.connection !== null && !server.monitor.connection.socket.destroyed, 'the monitor’s connection');
    // As when the server goes: each socket is destroyed, none has said so yet.
    server.monitor.connection?.socket.destroy();
    for (const { socket } of server.pool.connections) socket.destroy();
    server.requestCheck();
    const settled = await Promise.allSettled([write(), write(), write()]);
    expect(settled).toHaveLength(3);
    await waitFor(() => database.healthy(), 'health', 10_000);
  }
}, 60_000);

test('when the network goes in the middle of a big write, then it ends, and the next ones succeed', async () => {
  proxy.mode('silent');
  const big = database.connection.collection('rows').insertMany(Array.from({ length: 10 }, () => ({ text: 'x'.repeat(1_500_000) })));
  const ended = big.then(
    () => 'stored',
    () => 'failed',
  );
  await new Promise((resolve) => setTimeout(resolve, 200));
  proxy.reset();
  proxy.heal();
  expect(['stored', 'failed']).toContain(await ended);
  await waitFor(() => database.healthy(), 'health', 20_000);
  expect((await write()).acknowledged).toBe(true);
}, 60_000);

test.each(['down', 'silent'] as const)(
  'when the network is %s, then whatever is asked ends as an outage, a bulk write too',
  async (how) => {
    const rows = database.connection.collection('rows');
    if (how === 'down') proxy.down();
    else proxy.mode('silent');
    const asked = [
      rows.insertOne({ n: 1 }),
      rows.insertMany([{ n: 1 }, { n: 2 }], { ordered: false }),
      rows.bulkWrite([{ updateOne: { filter: { n: 1 }, update: { $set: { seen: true } } } }]),
      rows.find({ n: 1 }).toArray(),
    ];
    const settled = await Promise.allSettled(asked);
    proxy.heal();
    expect(settled.map((each) => (each.status === 'rejected' ? toAppError(each.reason)?.status : each.status))).toEqual([
      503, 503, 503, 503,
    ]);
    await waitFor(() => database.healthy(), 'health', 20_000);
  },
  60_000,
);
