import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/**
 * `pass`: as a cable would. `refuse`: new connections are reset at once, the old ones live.
 * `silent`: nothing is closed and nothing gets through, new connections are accepted and never
 * answered: a half-open network. Bytes held back while silent are delivered afterwards, unless
 * their connection was reset.
 */
export type FaultMode = 'pass' | 'refuse' | 'silent';

export interface Shape {
  /** Added to every chunk, each way. */
  latencyMs?: number;
  /** Up to so much more, drawn per chunk; the order of a connection's bytes is kept. */
  jitterMs?: number;
  /** Maximum size of the pieces that chunks are cut into. */
  sliceBytes?: number;
  /** Maximum rate in bytes per second, per connection and direction. */
  bytesPerSecond?: number;
}

export interface FaultProxy {
  port: number;
  /** Where the clients connect: `http://127.0.0.1:<port>`. */
  url: string;
  readonly connections: number;
  mode(mode: FaultMode): void;
  shape(shape: Shape): void;
  /**
   * Resets connections that are open now, all or the given share of them (0..1); new ones are let
   * in.
   */
  reset(share?: number): void;
  /** Refuses and resets: the network is gone and says so. */
  down(): void;
  /** Everything back to normal; connections that live go on. */
  heal(): void;
  close(): Promise<void>;
}

/**
 * A TCP proxy before `target` on loopback that fails as networks do. One direction of a pair is
 * stalled by back-pressure, never dropped: TCP does not drop.
 */
export async function createFaultProxy(options: {
  target: { port: number; host?: string };
  port?: number;
  random?: () => number;
}): Promise<FaultProxy> {
  const random = options.random ?? Math.random;
  let mode: FaultMode = 'pass';
  let shape: Shape = {};
  const pairs = new Set<{ end(): void }>();
  const silenced = new Set<() => void>();
  const untilHeard = () => (mode === 'silent' ? new Promise<void>((resolve) => silenced.add(resolve)) : undefined);

  /**
   * Carries one direction, chunk after chunk, so that whatever is added to one delays those behind
   * it.
   */
  const carry = async (from: Socket, to: Socket) => {
    for await (const chunk of from as AsyncIterable<Buffer>) {
      const { latencyMs = 0, jitterMs = 0, sliceBytes = chunk.length, bytesPerSecond } = shape;
      const pause =
        latencyMs + Math.floor(random() * (jitterMs + 1)) + (bytesPerSecond === undefined ? 0 : (chunk.length * 1000) / bytesPerSecond);
      if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause));
      for (let at = 0; at < chunk.length; at += Math.max(1, sliceBytes)) {
        await untilHeard();
        if (to.destroyed) return;
        if (!to.write(chunk.subarray(at, at + Math.max(1, sliceBytes)))) await Promise.race([once(to, 'drain'), once(to, 'close')]);
      }
    }
    await untilHeard();
    to.end();
  };

  const server = createServer({ noDelay: true, allowHalfOpen: true }, (client) => {
    client.on('error', () => undefined);
    if (mode === 'refuse') return void client.resetAndDestroy();
    const upstream = connect({ port: options.target.port, host: options.target.host ?? '127.0.0.1', noDelay: true, allowHalfOpen: true });
    const pair = {
      end() {
        for (const socket of [client, upstream]) if (!socket.destroyed) socket.resetAndDestroy();
      },
    };
    pairs.add(pair);
    upstream.on('error', () => client.destroy());
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const)
      carry(from, to).catch(() => to.destroy());
    // A silent network does not even tell that the other end is gone.
    const gone = (other: Socket) => async () => {
      await untilHeard();
      if (client.destroyed && upstream.destroyed) pairs.delete(pair);
      if (!other.destroyed && !other.writableEnded) other.destroy();
    };
    client.once('close', () => void gone(upstream)());
    upstream.once('close', () => void gone(client)());
  });
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };

  const proxy: FaultProxy = {
    port,
    url: `http://127.0.0.1:${port}`,
    get connections() {
      return pairs.size;
    },
    mode(next) {
      mode = next;
      if (next === 'silent') return;
      for (const wake of silenced) wake();
      silenced.clear();
    },
    shape: (next) => void (shape = next),
    reset(share = 1) {
      for (const pair of [...pairs]) if (share >= 1 || random() < share) pair.end();
    },
    down() {
      proxy.mode('refuse');
      proxy.reset();
    },
    heal() {
      shape = {};
      proxy.mode('pass');
    },
    async close() {
      proxy.heal();
      proxy.reset();
      server.close();
      await Promise.race([once(server, 'close'), new Promise((resolve) => setTimeout(resolve, 500).unref())]);
    },
  };
  return proxy;
}
