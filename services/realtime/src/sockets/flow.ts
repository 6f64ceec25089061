import type { RealtimeSocket } from '../server';

/** A connection with less than this to send keeps up. */
const LOW_WATER_BYTES = 64 * 1024;
/** A client that does not take a large answer for this long does not read. */
const DRAIN_DEADLINE_MS = 30_000;

type Connection = RealtimeSocket['conn'];
interface Packet {
  data?: unknown;
}
const sizeOf = ({ data }: Packet): number => {
  if (typeof data === 'string') return data.length > 4_096 ? Buffer.byteLength(data) : data.length;
  return Buffer.isBuffer(data) ? data.length : 0;
};

/** Ends a connection whose client does not read: a close in order would wait until it does. */
function terminate(connection: Connection): void {
  connection.close(true);
  const { transport } = connection;
  const socket: unknown = 'socket' in transport ? transport.socket : undefined;
  if (typeof socket === 'object' && socket !== null && 'terminate' in socket && typeof socket.terminate === 'function')
    (socket as { terminate(): void }).terminate();
}

/** Flow control of one connection. */
export interface Flow {
  /** Bytes that its client has not taken yet. */
  unsent(): number;
  /**
   * Runs `work` when the client keeps up, one at a time: for answers of up to a megabyte, so that a
   * client that requests without reading holds at most one of them. `work` may wait again, between
   * two large parts.
   */
  whenDrained<T>(work: (drained: () => Promise<void>) => Promise<T>): Promise<T>;
  /**
   * Closes the connection, at once or after this time, in which an error event can still arrive.
   */
  end(afterMs?: number): void;
}

/**
 * Bounds what the connections of this node hold for clients that do not read: each one, and all
 * together. A connection that exceeds its bound is terminated; one packet is always allowed,
 * however large.
 */
export function createFlows(limits: { maxUnsentBytes: number; maxUnsentTotalBytes: number; onOverflow?: () => void }) {
  let total = 0;

  const watch = (connection: Connection): Flow => {
    let pending = 0;
    let inFlight = 0;
    let closed = false;
    let turn: Promise<unknown> = Promise.resolve();
    const waiting = new Set<() => void>();
    const unsent = () => pending + inFlight;
    const change = (nextPending: number, nextInFlight: number) => {
      total += nextPending + nextInFlight - unsent();
      pending = nextPending;
      inFlight = nextInFlight;
      if (closed || unsent() <= LOW_WATER_BYTES) {
        for (const proceed of waiting) proceed();
        waiting.clear();
      }
    };

    connection.on('packetCreate', (packet: Packet) => {
      if (closed) return;
      const before = unsent();
      const tooMuch = before > limits.maxUnsentBytes || (total > limits.maxUnsentTotalBytes && before > LOW_WATER_BYTES);
      change(pending + sizeOf(packet), inFlight);
      if (!tooMuch) return;
      limits.onOverflow?.();
      // Not inside of the send: the transport is not prepared to lose its connection there.
      setImmediate(() => terminate(connection));
    });
    connection.on('flush', () => change(0, inFlight + pending));
    connection.on('drain', () => change(pending, 0));
    connection.on('close', () => {
      closed = true;
      change(0, 0);
    });

    const drained = (): Promise<void> =>
      closed || unsent() <= LOW_WATER_BYTES
        ? Promise.resolve()
        : new Promise((resolve) => {
            const deadline = setTimeout(() => terminate(connection), DRAIN_DEADLINE_MS).unref();
            waiting.add(() => (clearTimeout(deadline), resolve()));
          });
    return {
      unsent,
      whenDrained(work) {
        const result = turn.then(drained).then(() => work(drained));
        turn = result.catch(() => undefined);
        return result;
      },
      end: (afterMs = 0) => void setTimeout(() => terminate(connection), afterMs).unref(),
    };
  };

  const flows = new WeakMap<Connection, Flow>();
  return {
    of(connection: Connection): Flow {
      const known = flows.get(connection) ?? watch(connection);
      flows.set(connection, known);
      return known;
    },
    /** Bytes that clients of this node have not taken yet. */
    total: () => total,
  };
}
export type Flows = ReturnType<typeof createFlows>;
