import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { createStore, DirectoryInUseError } from '../src';

/**
 * More by KILL_ROUNDS; the kill comes while this many and more writes of a round are acknowledged.
 */
const ROUNDS = Number(process.env.KILL_ROUNDS ?? 3);
const PER_ROUND = 400;

let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'linsta-store-'));
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

const CLI = join(__dirname, '..', 'dist', 'cli.js');
/** The built store as a process of its own. */
async function startProcess(): Promise<{ child: ChildProcess; url: string }> {
  const child = spawn(process.execPath, [CLI, '--port', '0', '--no-password', '--data-dir', dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const [url] = /mongodb:\S+\d/.exec(line.toString()) ?? [];
  if (url === undefined) throw new Error(`the store said: ${line.toString()}`);
  return { child, url };
}
const kill = async (child: ChildProcess) => {
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
};

test('when a second store opens the directory, then it is refused, and the first goes on', async () => {
  const first = await createStore({ dataDir });
  await expect(createStore({ dataDir })).rejects.toThrow(DirectoryInUseError);
  const client = await MongoClient.connect(first.url);
  await client.db('x').collection('y').insertOne({ a: 1 });
  expect(await client.db('x').collection('y').countDocuments()).toBe(1);
  await client.close();
  await first.close();
  await (await createStore({ dataDir })).close();
});

test('when a second process is started on the directory, then it says so in one sentence and ends, and the first goes on', async () => {
  const { child, url } = await startProcess();
  const second = spawn(process.execPath, [CLI, '--port', '0', '--no-password', '--data-dir', dataDir], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const said: Buffer[] = [];
  second.stderr.on('data', (chunk: Buffer) => said.push(chunk));
  const [code] = (await once(second, 'close')) as [number];
  expect(code).toBe(1);
  expect(Buffer.concat(said).toString()).toMatch(/^The data directory .* is in use by another process[^\n]*\n$/);
  await expect(createStore({ dataDir })).rejects.toThrow(DirectoryInUseError);
  const client = await MongoClient.connect(url);
  await client.db('x').collection('y').insertOne({ a: 1 });
  await client.close();
  await kill(child);
});

test('when the process that held the directory was killed, then the next one gets it at once', async () => {
  const { child, url } = await startProcess();
  const client = await MongoClient.connect(url);
  await client.db('x').collection('y').insertOne({ a: 1 });
  await client.close(true);
  await kill(child);
  // The lock of the killed process is left, without a holder.
  expect(readdirSync(dataDir)).toContain('lock');
  const next = await createStore({ dataDir });
  const again = await MongoClient.connect(next.url);
  expect(await again.db('x').collection('y').countDocuments()).toBe(1);
  await again.close();
  await next.close();
  expect(readdirSync(dataDir)).not.toContain('lock');
});

test('when two open a directory at the same moment, then exactly one gets it', async () => {
  const settled = await Promise.allSettled(Array.from({ length: 4 }, () => createStore({ dataDir })));
  const opened = settled.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  for (const store of opened) await store.close();
  expect(opened).toHaveLength(1);
});

test(
  'when the store is killed under 32 writers, again and again, then every acknowledged write is there, whole and once',
  async () => {
    const acknowledged: { writer: number; n: number }[] = [];
    const counted = new Map<number, number>();
    for (let round = 0; round < ROUNDS; round += 1) {
      const { child, url } = await startProcess();
      const client = await MongoClient.connect(url, { maxPoolSize: 32, retryWrites: false });
      const db = client.db('kill');
      await db.collection('rows').createIndex({ writer: 1, n: 1 }, { unique: true });
      // Mixed load: an index is built and dropped again, documents change and go, while the writers
      // insert.
      const building = (async () => {
        for (;;) {
          await db.collection('rows').createIndex({ text: 1, n: -1 });
          await db.collection('rows').updateMany({ writer: round % 32 }, { $set: { touched: round } });
          await db.collection('gone').insertMany(Array.from({ length: 50 }, (_, at) => ({ at })));
          await db.collection('gone').drop();
          await db.collection('rows').dropIndex('text_1_n_-1');
        }
      })().catch(() => undefined);
      let killed = false;
      const writing = Array.from({ length: 32 }, async (_, writer) => {
        for (let n = round * 1_000_000; !killed; n += 1) {
          try {
            await db.collection('rows').insertOne({ writer, n, text: 'x'.repeat(100) });
            acknowledged.push({ writer, n });
            await db.collection<{ _id: number; n: number }>('counters').updateOne({ _id: writer }, { $inc: { n: 1 } }, { upsert: true });
            counted.set(writer, (counted.get(writer) ?? 0) + 1);
          } catch {
            return;
          }
        }
      });
      // By count, not by the clock: on a busy machine nothing would be under way yet.
      const until = acknowledged.length + PER_ROUND;
      while (acknowledged.length < until) await new Promise((resolve) => setTimeout(resolve, 5));
      await kill(child);
      killed = true;
      await Promise.all([...writing, building]);
      await client.close(true);
    }
    const { child, url } = await startProcess();
    const client = await MongoClient.connect(url);
    const rows = await client
      .db('kill')
      .collection('rows')
      .find({}, { sort: { writer: 1, n: 1 } })
      .toArray();
    const stored = new Set(rows.map(({ writer, n }) => `${writer}:${n}`));
    expect(acknowledged.length).toBeGreaterThanOrEqual(ROUNDS * PER_ROUND);
    expect(acknowledged.filter(({ writer, n }) => !stored.has(`${writer}:${n}`))).toEqual([]);
    // An insert that was under way may be stored or not: at most one of each writer and round.
    expect(rows.length - acknowledged.length).toBeLessThanOrEqual(32 * ROUNDS);
    expect(stored.size).toBe(rows.length);
    // Indexes, the one whose building a kill ended included, count and documents agree.
    await client.db('kill').collection('rows').createIndex({ text: 1, n: -1 });
    for (const hint of [
      { writer: 1, n: 1 },
      { text: 1, n: -1 },
    ])
      expect(
        await client
          .db('kill')
          .collection('rows')
          .countDocuments({ n: { $gte: 0 }, text: { $gte: '' }, writer: { $gte: 0 } }, { hint }),
      ).toBe(rows.length);
    expect(await client.db('kill').collection('rows').estimatedDocumentCount()).toBe(rows.length);
    expect(
      await client
        .db('kill')
        .collection('rows')
        .find({}, { hint: { $natural: 1 } })
        .toArray(),
    ).toHaveLength(rows.length);
    for (const { _id, n } of await client.db('kill').collection('counters').find().toArray()) {
      const certain = counted.get(_id as unknown as number) ?? 0;
      expect(n).toBeGreaterThanOrEqual(certain);
      expect(n).toBeLessThanOrEqual(certain + ROUNDS);
    }
    await client.close();
    await kill(child);
  },
  60_000 + ROUNDS * 20_000,
);
