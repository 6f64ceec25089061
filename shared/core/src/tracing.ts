import {
  context,
  defaultTextMapGetter,
  defaultTextMapSetter,
  propagation,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
} from '@opentelemetry/api';
import { messageOf } from './errors';

/**
 * Spans cost nothing until a process starts its telemetry: see `startTelemetry` in the service
 * package.
 */
let enabled = false;
export const enableTracing = (on = true): void => {
  enabled = on;
};
export const tracingEnabled = (): boolean => enabled;

const tracer = () => trace.getTracer('linsta');
type Kind = 'server' | 'client' | 'producer' | 'consumer' | 'internal';
const KINDS: Record<Kind, SpanKind> = {
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
  internal: SpanKind.INTERNAL,
};

export interface SpanOptions {
  kind: Kind;
  attributes?: Attributes;
  /** W3C trace context of the caller; without it the span belongs to the current one. */
  traceparent?: string | undefined;
}

const parentOf = (traceparent: string | undefined): Context =>
  traceparent === undefined ? context.active() : propagation.extract(context.active(), { traceparent }, defaultTextMapGetter);

/** Runs `work` within a span that ends with it; a throw marks the span as failed. */
export async function inSpan<T>(name: string, options: SpanOptions, work: () => Promise<T>): Promise<T> {
  if (!enabled) return work();
  const parent = parentOf(options.traceparent);
  const span = tracer().startSpan(name, { kind: KINDS[options.kind], attributes: options.attributes ?? {} }, parent);
  try {
    return await context.with(trace.setSpan(parent, span), work);
  } catch (error) {
    span.setStatus({ code: SpanStatusCode.ERROR, message: messageOf(error) });
    throw error;
  } finally {
    span.end();
  }
}

/**
 * Runs `work` within a span of a request; answers how to end the span, with the status of the
 * answer.
 */
export function openSpan(name: string, options: SpanOptions, work: () => void): (attributes: Attributes, failed: boolean) => void {
  if (!enabled) {
    work();
    return () => undefined;
  }
  const parent = parentOf(options.traceparent);
  const span = tracer().startSpan(name, { kind: KINDS[options.kind], attributes: options.attributes ?? {} }, parent);
  context.with(trace.setSpan(parent, span), work);
  return (attributes, failed) => {
    span.setAttributes(attributes);
    if (failed) span.setStatus({ code: SpanStatusCode.ERROR });
    span.end();
  };
}

/** Records a span that has just ended, e.g. one that the driver of the database reports. */
export function recordSpan(name: string, options: SpanOptions & { durationMs: number; failed: boolean }): void {
  if (!enabled) return;
  const end = Date.now();
  const span = tracer().startSpan(
    name,
    { kind: KINDS[options.kind], attributes: options.attributes ?? {}, startTime: end - options.durationMs },
    parentOf(options.traceparent),
  );
  if (options.failed) span.setStatus({ code: SpanStatusCode.ERROR });
  span.end(end);
}

/** The trace context to hand on with a call or an event; undefined without a trace. */
export function currentTraceparent(): string | undefined {
  if (!enabled) return undefined;
  const carrier: { traceparent?: string } = {};
  propagation.inject(context.active(), carrier, defaultTextMapSetter);
  return carrier.traceparent;
}
