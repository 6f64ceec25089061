import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/**
 * Another loopback address than the one of ordinary users: limits per address then tell the two
 * apart.
 */
const ATTACKER = '127.0.0.2';

/** A plain connection to the product; errors are part of an attack and ignored. */
export async function openConnection(url: string): Promise<Socket> {
  const { port } = new URL(url);
  const socket = connect({ host: '127.0.0.1', port: Number(port), localAddress: ATTACKER });
  socket.on('error', () => undefined);
  await Promise.race([once(socket, 'connect'), once(socket, 'close')]);
  return socket;
}

/** One masked WebSocket text frame, without a client library that would read or limit itself. */
export function toFrame(text: string): Buffer {
  const data = Buffer.from(text);
  const short = data.length < 126;
  const head = short ? Buffer.from([0x81, 0x80 | data.length]) : Buffer.from([0x81, 0xfe, data.length >> 8, data.length & 255]);
  return Buffer.concat([head, Buffer.alloc(4), data]);
}

/**
 * A WebSocket with a signed-in Socket.IO session that the caller reads, or leaves unread. Undefined
 * if it is refused.
 */
export async function openSession(url: string, token: string): Promise<Socket | undefined> {
  const socket = await openConnection(url);
  socket.write(
    'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nhost: localhost\r\nconnection: Upgrade\r\nupgrade: websocket\r\n' +
      'sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\nsec-websocket-version: 13\r\n\r\n',
  );
  let text = '';
  const connected = new Promise<boolean>((resolve) => {
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      if (text.includes('pingInterval') && !text.includes('40{"sid"')) socket.write(toFrame(`40${JSON.stringify({ token })}`));
      if (text.includes('40{"sid"')) resolve(true);
    });
    socket.once('close', () => resolve(false));
    setTimeout(() => resolve(false), 10_000).unref();
  });
  if (!(await connected)) return undefined;
  socket.removeAllListeners('data');
  return socket;
}
