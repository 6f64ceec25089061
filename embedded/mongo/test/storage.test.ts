import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
  closeSync,
} from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { open } from 'lmdb';
import { MongoClient } from 'mongodb';
import { createStore, DamagedFileError, NewerFormatError } from '../src';
import { createTemporary } from './servers';

let directory: ReturnType<typeof createTemporary>;
beforeEach(() => {
  directory = createTemporary();
});
afterEach(() => directory.remove());
const file = () => join(directory.path, 'store.lmdb');

/** A store with some documents and an index, closed again. */
async function fill() {
  const store = await createStore({ dataDir: directory.path });
  const client = await MongoClient.connect(store.url);
  const things = client.db('x').collection('things');
  await things.createIndex({ n: 1 });
  await things.insertMany(Array.from({ length: 2_000 }, (_, n) => ({ n, text: 'x'.repeat(n % 300) })));
  await things.insertOne({ large: 'y'.repeat(100_000) });
  await client.close();
  await store.close();
}
const overwrite = (at: number, bytes: Buffer) => {
  const handle = openSync(file(), 'r+');
  writeSync(handle, bytes, 0, bytes.length, at);
  closeSync(handle);
};

test.each<[string, (size: number) => void]>([
  ['empty', () => truncateSync(file(), 0)],
  ['of five bytes', () => truncateSync(file(), 5)],
  ['cut in half', (size) => truncateSync(file(), Math.floor(size / 2))],
  ['cut off at its last page', (size) => truncateSync(file(), size - 4_096)],
  ['random', (size) => writeFileSync(file(), randomBytes(size))],
  ['text', () => writeFileSync(file(), 'not a data file\n'.repeat(1_000))],
  ['zeroed behind its head', (size) => overwrite(8_192, Buffer.alloc(size - 8_192))],
])('when the data file is %s, then the start is refused and the file is named', async (_, harm) => {
  await fill();
  harm(statSync(file()).size);
  const start = createStore({ dataDir: directory.path });
  await expect(start).rejects.toThrow(DamagedFileError);
  await expect(start).rejects.toThrow(file());
});

test('when the file is whole, then it opens with all that it held', async () => {
  await fill();
  const store = await createStore({ dataDir: directory.path });
  const client = await MongoClient.connect(store.url);
  expect(
    await client
      .db('x')
      .collection('things')
      .countDocuments({ n: { $gte: 0 } }),
  ).toBe(2_000);
  await client.close();
  await store.close();
});

const withFormatRecord = async (change: (internal: ReturnType<ReturnType<typeof open>['openDB']>) => void) => {
  const binary = { encoding: 'binary', keyEncoding: 'binary' } as const;
  const root = open({ path: file(), maxDbs: 8, mapSize: 1024 ** 4, ...binary });
  const internal = root.openDB({ name: 'internal', ...binary });
  root.transactionSync(() => change(internal as never));
  await root.close();
};
test('when a directory has no format record, as that of the release before, then it opens and gets one', async () => {
  await fill();
  await withFormatRecord((internal) => internal.removeSync(Buffer.from('format')));
  const store = await createStore({ dataDir: directory.path });
  const client = await MongoClient.connect(store.url);
  expect(await client.db('x').collection('things').countDocuments()).toBe(2_001);
  await client.close();
  await store.close();
  await withFormatRecord((internal) => expect(internal.get(Buffer.from('format') as never)).toEqual(Buffer.from('00000001', 'hex')));
});
test('when a directory has a newer format, then it is refused by its number and stays as it was', async () => {
  await fill();
  await withFormatRecord((internal) => internal.putSync(Buffer.from('format'), Buffer.from('00000063', 'hex')));
  const start = createStore({ dataDir: directory.path });
  await expect(start).rejects.toThrow(NewerFormatError);
  await expect(start).rejects.toThrow(/format 99; this release .* up to 1/);
});

const canMount = process.getuid?.() === 0 && process.platform === 'linux';
(canMount ? test : test.skip)(
  'when the disk is full, then writes are refused, reads go on, and writing returns by itself',
  async () => {
    const mount = join(directory.path, 'mount');
    mkdirSync(mount);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=40m', 'tmpfs', mount]);
    try {
      const dataDir = join(mount, 'store');
      const options = { dataDir, minFreeBytes: 8 * 1024 * 1024 };
      let store = await createStore(options);
      let client = await MongoClient.connect(store.url);
      let things = client.db('x').collection<any>('things');
      await things.createIndex({ n: 1 });
      let acknowledged = 0;
      let refusal: any;
      for (let n = 0; refusal === undefined && n < 2_000; n += 1)
        await things.insertMany(Array.from({ length: 100 }, (_, at) => ({ n: n * 100 + at, text: 'x'.repeat(1_000) }))).then(
          () => (acknowledged += 100),
          (error) => {
            refusal = error;
            acknowledged += error.insertedCount ?? 0;
          },
        );
      expect(refusal).toMatchObject({ code: 14031, message: expect.stringContaining('MB left') });
      expect(acknowledged).toBeGreaterThan(1_000);
      for (let at = 0; at < 20; at += 1)
        await expect(things.insertOne({ n: -1, text: 'y'.repeat(100_000) })).rejects.toMatchObject({ code: 14031 });
      await expect(things.updateMany({}, { $set: { more: 'z'.repeat(1_000) } })).rejects.toMatchObject({ code: 14031 });
      expect(await things.countDocuments({ n: { $gte: 0 } })).toBe(acknowledged);
      await client.close();
      await store.close();

      // What fills the disk is moved away: here, the whole store to a larger one.
      execFileSync('mount', ['-o', 'remount,size=120m', mount]);
      store = await createStore(options);
      client = await MongoClient.connect(store.url);
      things = client.db('x').collection<any>('things');
      expect(await things.countDocuments({}, { hint: { $natural: 1 } })).toBe(acknowledged);
      writeFileSync(join(mount, 'filler'), Buffer.alloc(1024 * 1024));
      const free = () => Number(execFileSync('df', ['--output=avail', '-B1', mount]).toString().split('\n')[1]);
      writeFileSync(join(mount, 'filler'), Buffer.alloc(Math.max(0, free() - 4 * 1024 * 1024)));
      await expect(things.insertOne({ n: -1 })).rejects.toMatchObject({ code: 14031 });
      expect(await things.findOne({ n: 5 })).toMatchObject({ n: 5 });
      rmSync(join(mount, 'filler'));
      expect(await things.insertOne({ n: -2 })).toMatchObject({ acknowledged: true });
      await client.close();
      await store.close();
    } finally {
      execFileSync('umount', ['-l', mount]);
    }
  },
  120_000,
);

test('when a build of an index is ended by a crash, then the next start drops it and data stays whole', async () => {
  await fill();
  // A copy of the files while the index is being built is what a crash leaves.
  const store = await createStore({ dataDir: directory.path });
  const client = await MongoClient.connect(store.url);
  const things = client.db('x').collection('things');
  await things.insertMany(Array.from({ length: 20_000 }, (_, n) => ({ n: 10_000 + n, text: 'x'.repeat(50) })));
  const building = things.createIndex({ text: 1, n: -1 });
  const copy = createTemporary();
  await things.insertOne({ n: -1 });
  copyFileSync(file(), join(copy.path, 'store.lmdb'));
  await building;
  await client.close();
  await store.close();
  const again = await createStore({ dataDir: copy.path });
  const second = await MongoClient.connect(again.url);
  const copied = second.db('x').collection('things');
  expect(await copied.countDocuments({}, { hint: { $natural: 1 } })).toBe(22_002);
  await copied.createIndex({ text: 1, n: -1 });
  expect(await copied.countDocuments({ text: { $gte: '' } }, { hint: 'text_1_n_-1' })).toBe(22_000);
  await second.close();
  await again.close();
  copy.remove();
  expect(existsSync(file()) && readFileSync(file()).length > 0).toBe(true);
}, 60_000);
