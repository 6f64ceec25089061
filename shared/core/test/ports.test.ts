import { execFileSync } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { freePorts } from '@linsta/core';

// Enough ports that two draws without a mark would almost certainly share one.
const MANY = 300;

test('when ports are asked for twice, then none comes twice, although nothing listens on them yet', async () => {
  const [first, second] = [await freePorts(MANY), await freePorts(MANY)];
  expect(new Set([...first, ...second]).size).toBe(2 * MANY);
});

test('when another process asks, then it gets none of ours', async () => {
  const ours = new Set(await freePorts(MANY));
  const index = JSON.stringify(join(__dirname, '..', 'dist', 'index.js'));
  const theirs: unknown = JSON.parse(
    execFileSync(process.execPath, ['-e', `require(${index}).freePorts(${MANY}).then((ports) => console.log(JSON.stringify(ports)))`], {
      encoding: 'utf8',
    }),
  );
  expect((theirs as number[]).filter((port) => ours.has(port))).toEqual([]);
});

test('when a port was handed out, then a server can listen on it', async () => {
  const [port] = await freePorts(1);
  const server = createServer();
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
  await new Promise((resolve) => server.close(resolve));
});
