import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { createStore, socketPathOf, startStoreThread, storeUrlOf } from '../src';
import { createTemporary } from './servers';

let directory: ReturnType<typeof createTemporary>;
beforeEach(() => {
  directory = createTemporary();
});
afterEach(() => directory.remove());
const soon = { serverSelectionTimeoutMS: 2_000 };
const modeOf = (...path: string[]) => (statSync(join(...path)).mode & 0o777).toString(8);

test('when a store is opened, then its directory and files are for its owner alone', async () => {
  const dataDir = join(directory.path, 'inner', 'store');
  const store = await createStore({ dataDir });
  expect([modeOf(dataDir), modeOf(dataDir, 'store.lmdb'), modeOf(dataDir, 'store.lmdb-lock')]).toEqual(['700', '600', '600']);
  await store.close();
});

test('when a store listens on a Unix socket, then the driver reaches it there, and no port is open', async () => {
  const socketPath = socketPathOf(directory.path);
  const store = await createStore({ dataDir: directory.path, socketPath: socketPath! });
  expect(store).toMatchObject({ port: 0, url: storeUrlOf(directory.path, 0) });
  const client = await MongoClient.connect(store.url, soon);
  await client.db('x').collection('y').insertOne({ a: 1 });
  expect(await client.db('x').collection('y').countDocuments()).toBe(1);
  expect(modeOf(socketPath!)).toBe('600');
  await client.close();
  await store.close();
  // A path that is too long for a socket: another place is found.
  const deep = join(directory.path, 'x'.repeat(90));
  const far = await createStore({ dataDir: deep, socketPath: socketPathOf(deep)! });
  await (await MongoClient.connect(far.url, soon)).close();
  await far.close();
});

test('when a port has a password, then the URL with it works and every other is refused', async () => {
  const store = await createStore({ dataDir: directory.path, password: 'secret of the owner' });
  const open = async (url: string) => {
    const client = await MongoClient.connect(url, soon);
    try {
      return await client.db('x').collection('y').countDocuments();
    } finally {
      await client.close();
    }
  };
  const url = store.url.replace('secret of the owner', encodeURIComponent('secret of the owner'));
  expect(await open(url)).toBe(0);
  expect(await open(url.replace('/?', '/?authMechanism=SCRAM-SHA-256&'))).toBe(0);
  const bare = `mongodb://127.0.0.1:${store.port}`;
  await expect(open(bare)).rejects.toMatchObject({ code: 13, message: expect.stringContaining('requires authentication') });
  for (const wrong of ['linsta:wrong', 'other:secret%20of%20the%20owner', 'linsta:'])
    await expect(open(`${bare.replace('//', `//${wrong}@`)}/?authSource=admin`)).rejects.toThrow();
  await store.close();
});

test('when a client begins a TLS handshake, then it gets an alert and the log names the cause', async () => {
  const logged: string[] = [];
  const store = await createStore({
    dataDir: directory.path,
    logger: { error: ({ err }, message) => logged.push(`${message}: ${String(err)}`) },
  });
  await expect(MongoClient.connect(`${store.url}/?tls=true`, soon)).rejects.toThrow(/handshake|alert/i);
  expect(logged[0]).toMatch(/TLS refused: .*remove tls=true/);
  await store.close();
});

const CLI = join(__dirname, '..', 'dist', 'cli.js');
const built = existsSync(CLI);
(built ? test : test.skip)(
  'when the store runs alone, then its URL and password lie in files of its owner, and the URL works',
  async () => {
    const child = spawn(process.execPath, [CLI, '--port', '0', '--data-dir', directory.path], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    const password = readFileSync(join(directory.path, 'password'), 'utf8').trim();
    expect(line.toString()).toMatch(
      /The store listens at mongodb:\/\/127\.0\.0\.1:\d+, data in .*\nIt asks for a password: mongosh "\$\(cat .*\/url\)"/,
    );
    expect(line.toString()).not.toContain(password);
    expect([modeOf(directory.path, 'password'), modeOf(directory.path, 'url')]).toEqual(['600', '600']);
    const client = await MongoClient.connect(readFileSync(join(directory.path, 'url'), 'utf8').trim(), soon);
    expect(await client.db('x').command({ ping: 1 })).toMatchObject({ ok: 1 });
    await client.close();
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
  },
);

(built ? test : test.skip)(
  'when the thread of the store dies, then its owner gets the cause, and a closed one is no death',
  async () => {
    const { startStoreThread: start } = (await import(join(__dirname, '..', 'dist', 'index.js'))) as {
      startStoreThread: typeof startStoreThread;
    };
    let died: (error: Error) => void = () => undefined;
    const death = new Promise<Error>((resolve) => (died = resolve));
    const store = await start({
      dataDir: directory.path,
      onDeath: (error: Error) => died(error),
      resourceLimits: { maxOldGenerationSizeMb: 24 },
      maxHeldBytes: 2 ** 40,
    });
    const client = await MongoClient.connect(store.url, soon);
    const things = client.db('x').collection('y');
    await things.insertMany(Array.from({ length: 1_000 }, (_, n) => ({ n })));
    // Far more than the thread may hold: without the common limit it runs out of memory.
    const wide = things
      .aggregate([{ $set: { wide: { $range: [0, 2_000] } } }, { $group: { _id: null, all: { $push: '$wide' } } }])
      .toArray();
    wide.catch(() => undefined);
    expect((await death).message).toMatch(/memory|ended/i);
    await client.close(true);
    await store.close();

    const second = createTemporary();
    let deaths = 0;
    await (await start({ dataDir: second.path, onDeath: () => (deaths += 1) })).close();
    expect(deaths).toBe(0);
    second.remove();
  },
  60_000,
);
