import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** Below the range from which systems take the ports of outgoing connections: one of those could take a port between our look and our use. */
const LOWEST = 15_000;
const HIGHEST = 32_000;
const TRIES = 100;

const hold = (port: number) =>
  new Promise<{ port: number; release: () => Promise<void> } | undefined>((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => resolve({ port, release: () => new Promise((done) => server.close(() => done())) }));
  });
async function freePort() {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const held = await hold(randomInt(LOWEST, HIGHEST));
    if (held !== undefined) return held;
  }
  throw new Error(`no free port between ${LOWEST} and ${HIGHEST}`);
}

/** So many different free loopback ports. All are held until the last is found, so that none comes twice. */
export async function freePorts(count: number): Promise<number[]> {
  const held = await Promise.all(Array.from({ length: count }, freePort));
  await Promise.all(held.map(({ release }) => release()));
  return held.map(({ port }) => port);
}
