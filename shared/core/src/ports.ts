import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';

/**
 * Below the range from which systems take the ports of outgoing connections: one of those could
 * take a port between our look and our use.
 */
const LOWEST = 15_000;
const HIGHEST = 32_000;
const TRIES = 100;

/**
 * Reserves a port for the life of this process, also while nothing listens on it: a restarted
 * process must find its port free. The mark is a UDP socket of the same number, which the system
 * closes however this process ends.
 */
const mark = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = createSocket('udp4');
    socket.once('error', () => (socket.close(), resolve(false)));
    socket.bind({ port, address: '127.0.0.1', exclusive: true }, () => (socket.unref(), resolve(true)));
  });
const canListen = (port: number) =>
  new Promise<boolean>((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });

async function freePort() {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const port = randomInt(LOWEST, HIGHEST);
    if ((await mark(port)) && (await canListen(port))) return port;
  }
  throw new Error(`no free port between ${LOWEST} and ${HIGHEST}`);
}

/**
 * Returns `count` different free loopback TCP ports, reserved until this process ends: no other
 * call of this function, in any process, returns one of them.
 */
export async function freePorts(count: number): Promise<number[]> {
  return Promise.all(Array.from({ length: count }, freePort));
}
