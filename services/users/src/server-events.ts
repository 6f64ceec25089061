import { parseEvent, type EventBus } from '@linsta/bus';
import type { AnyBusEvent, FurtherEvent } from '@linsta/contracts';
import { AppError, unavailable, messageOf, type Logger } from '@linsta/core';

/** Sources of Linsta's own services. */
const OWN_SOURCE = /^linsta(?:\/|$)/;

/**
 * Publishes events of servers: all of them, or none where one is malformed. Resolves when the bus
 * has confirmed each. Throws 400 that names each field, 503 while the bus is away: then a repeat of
 * the whole request has one effect, since events are known by their ids.
 */
export const createServerEvents =
  ({ bus, logger }: { bus: EventBus; logger: Logger }) =>
  async (events: unknown[]): Promise<{ accepted: number }> => {
    const errors: { path: string; message: string }[] = [];
    const parsed = events.flatMap((raw, at): (AnyBusEvent | FurtherEvent)[] => {
      const result = parseEvent(raw, bus.rules);
      const fault = !result.ok
        ? result.fault.replace(/^malformed: /, '')
        : OWN_SOURCE.test(result.event.source)
          ? 'source is one of Linsta itself'
          : result.event.type === 'MESSAGE_SENT'
            ? 'type is published by Linsta alone: send a message instead'
            : undefined;
      if (fault !== undefined) errors.push({ path: `events.${at}`, message: fault });
      return result.ok ? [result.event as AnyBusEvent | FurtherEvent] : [];
    });
    const [first] = errors;
    if (first !== undefined) throw new AppError('BAD_REQUEST', `${first.path}: ${first.message}`, { errors });
    try {
      await Promise.all(parsed.map((event) => bus.publish(event)));
    } catch (error) {
      logger.warn({ err: messageOf(error) }, 'server events not published');
      throw unavailable('The bus cannot take events just now; send the same request again');
    }
    return { accepted: parsed.length };
  };
export type ServerEvents = ReturnType<typeof createServerEvents>;
