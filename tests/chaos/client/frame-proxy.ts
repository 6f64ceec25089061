import type { Random } from '@linsta/testing';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** Shares of the server's messages, 0 to 1. */
export interface FrameFaults {
  duplicate: number;
  swap: number;
  drop: number;
  /** Acknowledgements are never dropped. */
  dropEventsOnly: boolean;
}
const NONE: FrameFaults = { duplicate: 0, swap: 0, drop: 0, dropEventsOnly: false };
const HELD_MS = 60;

/**
 * Length of the whole first frame in `bytes`; undefined while it is not all there. Frames of a
 * server carry no mask.
 */
function frameLength(bytes: Buffer): number | undefined {
  if (bytes.length < 2) return undefined;
  const short = (bytes[1] ?? 0) & 0x7f;
  const [header, body] =
    short < 126
      ? [2, short]
      : short === 126
        ? [4, bytes.length < 4 ? Infinity : bytes.readUInt16BE(2)]
        : [10, bytes.length < 10 ? Infinity : Number(bytes.readBigUInt64BE(2))];
  return bytes.length >= header + body ? header + body : undefined;
}
/**
 * Socket.IO's event (`42`) or acknowledgement (`43`) in one text frame; everything else, such as
 * heartbeats, is left alone.
 */
const kindOf = (frame: Buffer): 'event' | 'ack' | undefined => {
  const short = (frame[1] ?? 0) & 0x7f;
  const at = short < 126 ? 2 : short === 126 ? 4 : 10;
  const start = frame.toString('latin1', at, at + 2);
  return (frame[0] ?? 0) !== 0x81 ? undefined : start === '42' ? 'event' : start === '43' ? 'ack' : undefined;
};

/**
 * Before `target` on loopback; knows WebSocket frames, so that it can repeat, swap and swallow
 * whole messages of the server, its acknowledgements among them, on a connection that lives on. TCP
 * does none of that; a server with a fault in it, a second node, or a reconnect do.
 */
export async function createFrameProxy(target: { port: number }, random: Random) {
  let faults = NONE;
  const counts = { duplicated: 0, swapped: 0, dropped: 0, stranded: 0 };
  const pairs = new Set<{ client: Socket; upstream: Socket; stranded: boolean }>();

  const passFrames = (client: Socket) => {
    let rest: Buffer = Buffer.alloc(0);
    let held: Buffer | undefined;
    const write = (frame: Buffer) => client.writable && client.write(frame);
    const release = () => {
      if (held !== undefined) write(held);
      held = undefined;
    };
    return (chunk: Buffer) => {
      rest = Buffer.concat([rest, chunk]);
      for (let length = frameLength(rest); length !== undefined; length = frameLength(rest)) {
        const frame = rest.subarray(0, length);
        rest = rest.subarray(length);
        const kind = kindOf(frame);
        if (kind !== undefined && !(faults.dropEventsOnly && kind === 'ack') && random.chance(faults.drop)) {
          counts.dropped += 1;
          continue;
        }
        if (kind !== undefined && held === undefined && random.chance(faults.swap)) {
          counts.swapped += 1;
          held = Buffer.from(frame);
          setTimeout(release, HELD_MS).unref();
          continue;
        }
        write(frame);
        if (kind !== undefined && random.chance(faults.duplicate)) {
          counts.duplicated += 1;
          write(frame);
        }
        release();
      }
    };
  };

  const server = createServer({ noDelay: true }, (client) => {
    const upstream = connect({ port: target.port, host: '127.0.0.1', noDelay: true });
    const pair = { client, upstream, stranded: false };
    pairs.add(pair);
    let pass: ((chunk: Buffer) => void) | undefined;
    let begun = false;
    client.on('data', (chunk) => upstream.writable && upstream.write(chunk));
    upstream.on('data', (chunk: Buffer) => {
      if (pass !== undefined) return pass(chunk);
      const upgraded = !begun && chunk.toString('latin1', 0, 12) === 'HTTP/1.1 101';
      begun = true;
      if (!upgraded) return void (client.writable && client.write(chunk));
      pass = passFrames(client);
      const end = chunk.indexOf('\r\n\r\n') + 4;
      client.write(chunk.subarray(0, end));
      if (end < chunk.length) pass(chunk.subarray(end));
    });
    const end = () => {
      pairs.delete(pair);
      client.destroy();
      if (!pair.stranded) upstream.destroy();
    };
    for (const socket of [client, upstream]) socket.on('error', end).on('close', end);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  return {
    port: (server.address() as { port: number }).port,
    counts,
    faults(next: Partial<FrameFaults>) {
      faults = { ...NONE, ...next };
    },
    /**
     * Closes the client's ends of all connections; the server's ends close `forMs` milliseconds
     * later, after the client has reconnected.
     */
    strand(forMs: number) {
      for (const pair of pairs) {
        pair.stranded = true;
        counts.stranded += 1;
        pair.client.destroy();
        setTimeout(() => pair.upstream.destroy(), forMs);
      }
    },
    async close() {
      for (const { client, upstream } of pairs) for (const socket of [client, upstream]) socket.destroy();
      server.close();
      await Promise.race([once(server, 'close'), new Promise((resolve) => setTimeout(resolve, 300).unref())]);
    },
  };
}
