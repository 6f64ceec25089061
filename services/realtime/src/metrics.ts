import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { clientEvents } from '@linsta/contracts';
import type { RealtimeServer } from './server';

const SECONDS = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Reports of the sockets of this node, for its metrics. */
export interface SocketMetrics {
  connected(): void;
  /** `code`: an error code. */
  refused(code: string): void;
  /** `reason`: as Socket.IO names it. */
  disconnected(reason: string): void;
  /** An event was answered; `outcome`: `ok` or an error code. */
  handled(event: string, outcome: string, durationMs: number): void;
}

export function createSocketMetrics(registry: Registry, io: RealtimeServer, unsentBytes: () => number): SocketMetrics {
  const registers = [registry];
  const gauge = (name: string, help: string, value: () => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(value());
      },
    });
  gauge('linsta_sockets', 'Connected sockets of this node', () => io.of('/').sockets.size);
  gauge('linsta_socket_unsent_bytes', 'Bytes that clients of this node have not taken yet', unsentBytes);
  const connects = new Counter({
    name: 'linsta_socket_connects_total',
    help: 'Attempts to connect, by outcome: ok or an error code',
    labelNames: ['outcome'],
    registers,
  });
  const disconnects = new Counter({
    name: 'linsta_socket_disconnects_total',
    help: 'Sockets that ended, by reason',
    labelNames: ['reason'],
    registers,
  });
  const events = new Histogram({
    name: 'linsta_socket_event_duration_seconds',
    help: 'Time from a socket event to its answer, by event and outcome: ok or an error code',
    labelNames: ['event', 'outcome'],
    buckets: SECONDS,
    registers,
  });
  return {
    connected: () => connects.inc({ outcome: 'ok' }),
    refused: (code) => connects.inc({ outcome: code }),
    disconnected: (reason) => disconnects.inc({ reason }),
    handled: (event, outcome, durationMs) =>
      events.observe({ event: Object.hasOwn(clientEvents, event) ? event : 'unknown', outcome }, durationMs / 1_000),
  };
}
