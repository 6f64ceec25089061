import type { AnyBusEvent, BusEvent, BusEventType, FurtherEvent } from '@linsta/contracts';
import {
  AppError,
  correlationId,
  currentTraceparent,
  inSpan,
  isOutage,
  messageOf,
  toCorrelationId,
  withCorrelation,
  type Logger,
} from '@linsta/core';
import { parseEvent, type EventRules } from './parse-event';

export type BusHandlers = { [T in BusEventType]?: (event: BusEvent<T>) => Promise<void> } & {
  /** Events of types that the configuration adds. */
  further?: (event: FurtherEvent) => Promise<void>;
};

/** A bus event that could not be handled, with why, kept until a person decides. */
export interface ParkedEvent {
  queue: string;
  reason: string;
  attempts: number;
  raw: string;
  parkedAt: Date;
}
/**
 * Where parked events of the bus without a broker are kept. One that only parks keeps nothing that
 * could be tried again.
 */
export interface ParkingStore {
  park(entry: ParkedEvent): Promise<void>;
  /** Those of a queue that a person wants tried again. */
  redriven?(queue: string): Promise<{ id: string; raw: string }[]>;
  /** One of them was handled and need not be kept. */
  forget?(id: string): Promise<void>;
  count?(queue: string): Promise<number>;
}

/**
 * State of a queue that this process consumes. Counted since its start, except `broker`: the last
 * answer of the broker, at most some seconds old.
 */
export interface ConsumerState {
  queue: string;
  consuming: boolean;
  /** Time since the last delivery of the queue, or the last answer of the broker about it. */
  silentMs: number;
  processed: number;
  retried: number;
  parked: number;
  underWay: number;
  broker?: { waiting: number; retrying: number; parked: number };
}

export interface Subscription {
  /** `<service>.<purpose>`; durable, shared by all processes of the service. */
  queue: string;
  handlers: BusHandlers;
  /** Where the memory bus keeps what it parks; a broker has its own parking queue. */
  parking: ParkingStore;
  /** How many events are handled at a time. */
  prefetch?: number;
  /**
   * Each process gets every event from now on and keeps nothing: for events that concern the
   * connections of a process.
   */
  everyNode?: boolean;
}

/**
 * Events between services, at least once, in no promised order. A handler that returns has handled
 * its event. One that throws an AppError refuses it for good: the event is parked. While the
 * database or another service is away (UNAVAILABLE), the event waits, for as long as the outage
 * lasts. After any other error it is handled again with growing delays, then parked.
 */
export interface EventBus {
  /**
   * Resolves when the event is safe: confirmed by the broker, or handled or parked by every
   * subscriber. Rejects: keep it and try again.
   */
  publish(event: AnyBusEvent | FurtherEvent): Promise<void>;
  /** What the installation adds to the events of the contract. */
  readonly rules: EventRules;
  /** `stop` takes no more events and finishes those under way; publishing goes on. */
  subscribe(subscription: Subscription): Promise<{ stop(): Promise<void> }>;
  healthy(): boolean;
  consumers(): ConsumerState[];
  /** How many events of each type this process has brought onto the bus safely. */
  published(): ReadonlyMap<string, number>;
  close(): Promise<void>;
}

export const RETRY_DELAYS_MS = [1_000, 5_000, 30_000, 120_000];
export const MAX_EVENT_BYTES = 256 * 1024;

/** Of an event that a handler took: what a log line says about it. */
export interface HandledEvent {
  type: string;
  id: string;
  correlationid: string;
}
export type Verdict =
  | { done: true; handled?: HandledEvent }
  | { done: false; park: string }
  | { done: false; retry: string }
  /** A dependency of the handler is away. */
  | { done: false; away: string };

const sentenceOf = (error: unknown) => messageOf(error).slice(0, 500);

/** Whether an error passes when the database or another service is back. */
const isAway = (error: unknown): boolean => isOutage(error) || (error instanceof AppError && error.status === 503);

/** What to do with one raw event: the part that every adapter shares. Never throws. */
export async function handle(handlers: BusHandlers, raw: string, rules: EventRules = {}): Promise<Verdict> {
  if (Buffer.byteLength(raw) > MAX_EVENT_BYTES) return { done: false, park: `malformed: larger than ${MAX_EVENT_BYTES} bytes` };
  let json: unknown;
  try {
    json = JSON.parse(raw);
  } catch {
    return { done: false, park: 'malformed: not JSON' };
  }
  const parsed = parseEvent(json, rules);
  if (!parsed.ok) return { done: false, park: parsed.fault };
  const { event, isFurther } = parsed;
  const handler = (isFurther ? handlers.further : handlers[event.type as BusEventType]) as
    ((event: BusEvent | FurtherEvent) => Promise<void>) | undefined;
  if (handler === undefined) return { done: true };
  try {
    const correlationid = toCorrelationId(event.correlationid);
    await withCorrelation(correlationid, () =>
      inSpan(
        `handle ${event.type}`,
        { kind: 'consumer', traceparent: event.traceparent, attributes: { 'linsta.event_id': event.id } },
        () => handler(event),
      ),
    );
    return { done: true, handled: { type: event.type, id: event.id, correlationid } };
  } catch (error) {
    if (isAway(error)) return { done: false, away: sentenceOf(error) };
    // Any other refusal is the same at the next attempt.
    return error instanceof AppError && error.status < 500
      ? { done: false, park: sentenceOf(error) }
      : { done: false, retry: sentenceOf(error) };
  }
}

/** One line per handled event, under the correlation id of the request that caused it. */
export function logHandled(logger: Logger, queue: string, handled: HandledEvent | undefined, startedAt: number): void {
  if (handled === undefined || !logger.isLevelEnabled('info')) return;
  const { type, id, correlationid } = handled;
  const durationMs = Math.round((performance.now() - startedAt) * 10) / 10;
  withCorrelation(correlationid, () => logger.info({ queue, type, id, durationMs }, 'bus event handled'));
}

/** Counts by name. */
export function createTally() {
  const counts = new Map<string, number>();
  return { counts, add: (name: string) => void counts.set(name, (counts.get(name) ?? 0) + 1) };
}

/** Makes an envelope; `id` must be the same each time this event is published. */
export function toBusEvent<T extends BusEventType>(
  source: string,
  type: T,
  id: string,
  data: BusEvent<T>['data'],
  time = new Date(),
): BusEvent<T> {
  const correlationid = correlationId();
  const traceparent = currentTraceparent();
  return {
    specversion: '1.0',
    id,
    source: `linsta/${source}`,
    type,
    time: time.toISOString(),
    data,
    ...(correlationid !== undefined && { correlationid }),
    ...(traceparent !== undefined && { traceparent }),
  };
}
