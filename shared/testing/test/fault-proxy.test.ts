import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { createFaultProxy, waitFor, type FaultProxy } from '@linsta/testing';

let echo: Server;
let proxy: FaultProxy;
const opened: Socket[] = [];
beforeAll(async () => {
  echo = createServer((socket) => void socket.on('error', () => undefined).pipe(socket)).listen(0, '127.0.0.1');
  await once(echo, 'listening');
  proxy = await createFaultProxy({ target: { port: (echo.address() as { port: number }).port } });
});
afterEach(() => {
  proxy.heal();
  opened.splice(0).forEach((socket) => socket.destroy());
});
afterAll(async () => {
  await proxy.close();
  echo.close();
});

async function dial() {
  const socket = connect(proxy.port, '127.0.0.1').setEncoding('utf8');
  opened.push(socket);
  const heard = { text: '', closed: false };
  socket.on('data', (text: string) => (heard.text += text)).on('error', () => undefined);
  socket.on('close', () => (heard.closed = true));
  await new Promise((resolve) => socket.once('connect', resolve).once('close', resolve));
  return { socket, heard };
}

test('when all is well, then bytes come back as they went', async () => {
  const { socket, heard } = await dial();
  socket.write('one');
  await waitFor(() => heard.text === 'one');
  proxy.shape({ latencyMs: 5, jitterMs: 5, sliceBytes: 2, bytesPerSecond: 1e6 });
  socket.write('two-and-more');
  await waitFor(() => heard.text === 'onetwo-and-more');
});

test('when the network is silent, then nothing comes and nothing closes, and afterwards everything arrives', async () => {
  const { socket, heard } = await dial();
  proxy.mode('silent');
  socket.write('late');
  const second = await dial();
  second.socket.write('later');
  await new Promise((resolve) => setTimeout(resolve, 150));
  expect([heard, second.heard]).toEqual([
    { text: '', closed: false },
    { text: '', closed: false },
  ]);
  proxy.heal();
  await waitFor(() => heard.text === 'late' && second.heard.text === 'later');
});

test('when the network is down, then open connections are reset and new ones refused, until it heals', async () => {
  const first = await dial();
  first.socket.write('x');
  await waitFor(() => first.heard.text === 'x');
  proxy.down();
  await waitFor(() => first.heard.closed);
  const refused = await dial();
  refused.socket.write('y');
  await waitFor(() => refused.heard.closed);
  expect(refused.heard.text).toBe('');
  proxy.heal();
  const again = await dial();
  again.socket.write('z');
  await waitFor(() => again.heard.text === 'z');
});
