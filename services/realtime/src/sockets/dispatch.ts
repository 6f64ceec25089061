import { clientEvents, type ClientEventName } from '@linsta/contracts';
import { AppError, fromZod, inSpan, internalError, newCorrelationId, toAppError, withCorrelation, type Logger } from '@linsta/core';
import type { SocketHandlers } from '../handlers/handlers';
import type { RealtimeSocket } from '../server';
import type { Allowance } from './allowance';
import type { Flow } from './flow';
import type { SocketMetrics } from '../metrics';

const INTERNAL = internalError();
const MAX_RUNNING = 32;
const MAX_WAITING = 400;
/** Time for the reason to arrive before the connection of a client that ignores it is closed. */
const FAREWELL_MS = 1_000;

type Ack = (answer: object) => void;
interface Event {
  name: string;
  args: unknown[];
  ack: Ack | undefined;
}

function toEvent([event, ...args]: unknown[]): Event {
  const last = args.at(-1);
  const ack = typeof last === 'function' ? (last as Ack) : undefined;
  const name = typeof event === 'string' ? event.slice(0, 64) : String(event).slice(0, 64);
  return { name, args: ack === undefined ? args : args.slice(0, -1), ack };
}

/**
 * Hands the events of one socket to their handlers, in order, at most 32 at a time, and answers
 * each one. A client that ignores refusals, or piles up events, gets the reason and is
 * disconnected.
 */
export function createDispatch(options: {
  socket: RealtimeSocket;
  handlers: SocketHandlers;
  allowance: Allowance;
  flow: Flow;
  logger: Logger;
  metrics: Pick<SocketMetrics, 'handled'>;
}): (packet: unknown[]) => void {
  const { socket, handlers, allowance, flow, logger, metrics } = options;
  const waiting: Event[] = [];
  let running = 0;
  let ended = false;

  const end = (message: string) => {
    ended = true;
    waiting.length = 0;
    socket.emit('error', { event: 'connection', code: 'RATE_LIMITED', message });
    socket.disconnect();
    flow.end(FAREWELL_MS);
  };
  const refuse = ({ name, ack }: Event, error: unknown, startedAt: number) => {
    const known = toAppError(error);
    if (known === undefined) logger.error({ err: error, event: name }, 'socket event failed');
    const { code, message } = known ?? INTERNAL;
    metrics.handled(name, code, performance.now() - startedAt);
    allowance.penalise();
    if (allowance.exceeded()) return end('Too many events; the connection is closed');
    // The event first: a client that waits for the acknowledgement then has both.
    socket.emit('error', { event: name, code, message });
    ack?.({ ok: false, error: { code, message } });
  };

  const handle = async ({ name, args }: Event): Promise<object> => {
    if (!Object.hasOwn(clientEvents, name)) throw new AppError('UNKNOWN_EVENT', 'There is no such event');
    if (args.length > 1) throw new AppError('BAD_REQUEST', 'An event takes one payload and an acknowledgement');
    const known = name as ClientEventName;
    const parsed = clientEvents[known].payload.safeParse(args[0]);
    if (!parsed.success) throw fromZod(parsed.error);
    return (handlers[known] as (socket: RealtimeSocket, payload: unknown, flow: Flow) => Promise<object>)(socket, parsed.data, flow);
  };
  const run = async (event: Event) => {
    const startedAt = performance.now();
    try {
      const answer = await handle(event);
      event.ack?.({ ok: true, ...answer });
      const durationMs = performance.now() - startedAt;
      metrics.handled(event.name, 'ok', durationMs);
      if (logger.isLevelEnabled('debug')) logger.debug({ event: event.name, durationMs: Math.round(durationMs * 10) / 10 }, 'socket event');
    } catch (error) {
      if (!ended) refuse(event, error, startedAt);
    }
  };
  const start = (event: Event) => {
    running += 1;
    void withCorrelation(newCorrelationId(), () => inSpan(`socket ${event.name}`, { kind: 'server' }, () => run(event))).finally(() => {
      running -= 1;
      const next = waiting.shift();
      if (next !== undefined) start(next);
    });
  };

  return (packet) => {
    if (ended) return;
    const event = toEvent(packet);
    try {
      allowance.spend();
    } catch (error) {
      return refuse(event, error, performance.now());
    }
    if (running < MAX_RUNNING) start(event);
    else if (waiting.length < MAX_WAITING) waiting.push(event);
    else end('Too many events are waiting; the connection is closed');
  };
}
