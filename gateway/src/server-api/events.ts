import type { IncomingMessage } from 'node:http';
import { MAX_SERVER_EVENTS } from '@linsta/contracts';
import { AppError } from '@linsta/core';
import { parseJson } from '@linsta/http';

const ATTRIBUTE = /^ce-([a-z0-9]+)$/;

/** A header's value by the HTTP binding of CloudEvents: percent-encoded UTF-8. */
const decode = (name: string, value: string): string => {
  try {
    return decodeURIComponent(value);
  } catch {
    throw new AppError('BAD_REQUEST', `${name} is not percent-encoded`, { errors: [{ path: name, message: 'is not percent-encoded' }] });
  }
};

/**
 * The events of a request, not validated yet: in binary mode the attributes are `ce-` headers and
 * the body is the data; otherwise it is one event or an array of events. Throws 400.
 */
export function eventsOf({ headers }: IncomingMessage, body: string): unknown[] {
  const json = parseJson(body);
  if (headers['ce-type'] === undefined) {
    const events = Array.isArray(json) ? (json as unknown[]) : [json];
    const plain = headers['content-type']?.startsWith('application/cloudevents') !== true;
    if (events.length === 0 || events.length > MAX_SERVER_EVENTS)
      throw new AppError('BAD_REQUEST', `The body must hold 1 to ${MAX_SERVER_EVENTS} events`);
    // Plain JSON need not say that it is a CloudEvent.
    return plain ? events.map((event) => (typeof event === 'object' && event !== null ? { specversion: '1.0', ...event } : event)) : events;
  }
  const attributes = Object.entries(headers).flatMap(([name, value]) => {
    const attribute = ATTRIBUTE.exec(name)?.[1];
    return attribute === undefined || typeof value !== 'string' ? [] : [[attribute, decode(name, value)] as const];
  });
  return [{ ...Object.fromEntries(attributes), data: json }];
}
