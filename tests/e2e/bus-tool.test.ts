import { execFile } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parkedIdOf, parkedOf, type ParkedEvent } from '@linsta/bus';
import { freePorts } from '@linsta/core';
import { createBroker, createTemporaryDirectory, describeWith, noBroker, waitFor } from '@linsta/testing';
import { connect } from 'amqplib';
import { MongoClient } from 'mongodb';
import { createProductProcess } from '../support/product-process';

const QUEUE = 'notification.inbox';

/** Runs the tool as an operator does, without a terminal. */
const tool = (env: NodeJS.ProcessEnv, ...args: string[]) =>
  new Promise<{ status: number; out: string; err: string }>((resolve) => {
    const script = join(__dirname, '..', '..', 'tools', 'cli', 'dist', 'main.js');
    const bare = { ...process.env, AMQP_URL: '', MONGO_URL: '', ...env };
    const child = execFile(process.execPath, [script, ...args], { env: bare, timeout: 30_000 }, (_error, out, err) =>
      resolve({ status: child.exitCode ?? -1, out, err }),
    );
  });

const like = (id: string, recipientId: string, actorName: string) =>
  JSON.stringify({
    specversion: '1.0',
    id,
    source: 'elsewhere',
    type: 'LIKE',
    // An actor of its own: two likes of one actor for one post are one notification.
    data: { recipientId, actorId: (actorName === 'Ann' ? 'a' : 'b').repeat(24), actorName, referenceId: 'c'.repeat(24) },
  });

interface Running {
  product: Awaited<ReturnType<typeof createProductProcess>>;
  toolEnv(): NodeJS.ProcessEnv;
  /** Puts an event where the bus parks those of the notification service. */
  park(raw: string): Promise<void>;
  close(): Promise<void>;
}

function busToolSuite(start: () => Promise<Running>): void {
  let running: Running;
  let owner: { _id: string; token: string };
  beforeAll(async () => {
    running = await start();
    await running.product.start();
    const response = await fetch(`${running.product.url}/api/auth/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'Owner', email: 'owner@example.com', password: 'correct horse' }),
    });
    const { user, token } = await response.json();
    owner = { _id: user._id, token };
  }, 120_000);
  afterAll(() => running?.close());
  const parked = (...args: string[]) => tool(running.toolEnv(), 'parked', ...args);
  const inbox = async (): Promise<string[]> => {
    const response = await fetch(`${running.product.url}/api/notifications`, { headers: { authorization: `Bearer ${owner.token}` } });
    return ((await response.json()) as any[]).map(({ message }) => message);
  };
  const listed = async (count: number) =>
    waitFor(
      async () => {
        const { out } = await parked('list');
        return out.startsWith(count === 0 ? 'Nothing is parked' : '') && out.includes(count === 0 ? '' : `${count} parked`)
          ? out
          : undefined;
      },
      `${count} parked`,
      30_000,
    );

  test('when events are parked, then each is listed, shown, re-driven to its notification, and discarded only after a confirmation', async () => {
    expect((await parked('list')).out).toBe('Nothing is parked.\n');
    await running.park(like('one', owner._id, 'Ann'));
    await running.park(like('two', owner._id, 'Ben'));
    await running.park('{not \u001b[31mjson');
    const out = await listed(3);
    expect(out).not.toContain('\u001b');
    const idOf = (line: string | undefined) => line!.split(' ')[0]!;
    const lines = out.split('\n').filter((line) => line.includes(QUEUE));
    const shown = [];
    // One after the other: on a broker, what one looks at is out of another's sight for that
    // moment.
    for (const line of lines) shown.push({ id: idOf(line), ...(await parked('show', idOf(line))) });
    const ann = shown.find((one) => one.out.includes('"actorName": "Ann"'))!;
    const broken = shown.find((one) => one.out.includes('{not'))!;
    expect(ann.out).toContain(QUEUE);
    expect(broken.out).not.toContain('\u001b');

    expect(await parked('redrive', ann.id)).toMatchObject({ status: 0, out: '1 re-driven\n' });
    await waitFor(async () => (await inbox()).length === 1, 'the notification');
    await listed(2);
    // As after a crash between the two steps of re-driving: the same event once more.
    await running.park(like('one', owner._id, 'Ann'));
    expect(await parked('redrive', '--all')).toMatchObject({ status: 0, out: '3 re-driven\n' });
    await waitFor(async () => (await inbox()).length === 2, 'the other notification');
    await listed(1);
    expect((await inbox()).sort()).toEqual(['Ann liked your post', 'Ben liked your post']);

    expect(await parked('discard', broken.id)).toMatchObject({ status: 1, err: expect.stringContaining('--yes') });
    await listed(1);
    expect(await parked('discard', broken.id, '--yes')).toMatchObject({ status: 0, out: `${broken.id} discarded\n` });
    expect(await parked('show', broken.id)).toMatchObject({ status: 1, err: expect.stringContaining('No parked event') });
    await listed(0);
  }, 120_000);
}

describe('the bus tool beside the product on embedded defaults', () => {
  if ((process.env.MONGO_URL ?? '') !== '') return void test.todo('runs where the store is the embedded one');
  let running: Running;
  const runningFile = () => join(running.product.directory, 'running.json');
  const inStore = async (work: (client: MongoClient) => Promise<unknown>) => {
    const { storeUrl } = JSON.parse(readFileSync(runningFile(), 'utf8')) as { storeUrl: string };
    const client = await MongoClient.connect(storeUrl);
    await work(client);
    await client.close();
  };
  busToolSuite(async () => {
    const product = await createProductProcess();
    running = {
      product,
      toolEnv: () => ({ DATA_DIR: product.directory }),
      park: (raw) =>
        inStore((client) =>
          client
            .db('linsta_notification')
            .collection<ParkedEvent & { _id: string }>('parked_events')
            .insertOne({ _id: parkedIdOf(QUEUE, raw), queue: QUEUE, reason: 'why', attempts: 5, raw, parkedAt: new Date() }),
        ),
      close: () => product.remove(),
    };
    return running;
  });

  test('when the product runs, then only its owner can read where its store is; when it has stopped, then the tool opens the store itself', async () => {
    expect(statSync(runningFile()).mode & 0o777).toBe(0o600);
    const { product } = running;
    await running.park(like('late', 'a'.repeat(24), 'Ann'));
    expect(await product.end('SIGTERM')).toBe(0);
    expect(existsSync(runningFile())).toBe(false);
    expect(await tool(running.toolEnv(), 'parked', 'redrive', '--all')).toMatchObject({
      out: '1 re-driven; tried again when the product is started\n',
    });
    await product.start();
    await waitFor(async () => (await tool(running.toolEnv(), 'parked', 'list')).out.startsWith('Nothing'), 'it being handled', 20_000);
  }, 60_000);
});

describeWith(noBroker, 'the bus tool beside the product on RabbitMQ', () =>
  busToolSuite(async () => {
    const broker = await createBroker();
    await broker.start();
    const product = await createProductProcess({ AMQP_URL: broker.url });
    return {
      product,
      toolEnv: () => ({ AMQP_URL: broker.url }),
      async park(raw) {
        const connection = await connect(broker.url);
        const channel = await connection.createConfirmChannel();
        channel.publish('', parkedOf(QUEUE), Buffer.from(raw), { persistent: true });
        await channel.waitForConfirms();
        await connection.close();
      },
      async close() {
        await product.remove();
        await broker.remove();
      },
    };
  }),
);

test('when the tool cannot do what it is asked, then it says why and what to do, and never a password', async () => {
  const directory = createTemporaryDirectory();
  try {
    const [port = 0] = await freePorts(1);
    const here = { DATA_DIR: directory.path };
    expect(await tool(here, 'parked', 'list')).toMatchObject({ status: 1, err: expect.stringContaining('There is no data in') });
    const away = await tool({ AMQP_URL: `amqp://someone:hidden@127.0.0.1:${port}` }, 'parked', 'list');
    expect(away).toMatchObject({ status: 1, err: expect.stringContaining(`RabbitMQ cannot be reached at amqp://127.0.0.1:${port}`) });
    expect(away.err).not.toContain('hidden');
  } finally {
    directory.remove();
  }
}, 60_000);
