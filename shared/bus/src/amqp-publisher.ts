import type { ConfirmChannel, Options } from 'amqplib';
import type { Logger } from '@linsta/core';
import { keepConnection } from './amqp-connection';
import { declareTopology, type Topology } from './topology';

/** Unconfirmed at a time; one confirm at a time is eleven times slower. */
const WINDOW = 1_000;
const MAX_WAITING = 20_000;

export interface Outgoing {
  exchange: string;
  routingKey: string;
  content: Buffer;
  properties: Options.Publish;
}
export interface Publisher {
  /**
   * Resolves when the broker has it in a queue. Rejects within the deadline otherwise; it may then
   * have it all the same.
   */
  send(message: Outgoing): Promise<void>;
  healthy(): boolean;
  close(): Promise<void>;
}

interface Entry extends Outgoing {
  resolve(): void;
  reject(error: Error): void;
  timer: NodeJS.Timeout;
}

/**
 * Publishes with confirms on a connection of its own: a memory alarm blocks publishers, and must
 * not stop consumers.
 */
export function createPublisher(options: { url: string; name: string; logger: Logger; topology: Topology; timeoutMs: number }): Publisher {
  const { timeoutMs } = options;
  let channel: ConfirmChannel | undefined;
  let blocked = false;
  let closed = false;
  let serial = 0;
  const waiting = new Set<Entry>();
  const inFlight = new Map<string, Entry>();
  const returned = new Set<string>();

  const settle = (id: string, error?: Error) => {
    const entry = inFlight.get(id);
    if (entry === undefined) return;
    inFlight.delete(id);
    clearTimeout(entry.timer);
    if (error === undefined) entry.resolve();
    else entry.reject(error);
  };
  const pump = () => {
    for (const entry of waiting) {
      if (channel === undefined || inFlight.size >= WINDOW) return;
      waiting.delete(entry);
      const id = String((serial += 1));
      inFlight.set(id, entry);
      const { exchange, routingKey, content, properties } = entry;
      const confirmed = (error: unknown) => {
        const unroutable = returned.delete(id);
        settle(id, error ? new Error('the broker refused it') : unroutable ? new Error(`no queue takes ${routingKey}`) : undefined);
        pump();
      };
      try {
        // An unroutable message is returned first and then confirmed; without `mandatory` it would
        // be confirmed into nothing.
        channel.publish(exchange, routingKey, content, { ...properties, persistent: true, mandatory: true, correlationId: id }, confirmed);
      } catch (error) {
        settle(id, error as Error);
        connection.renew((error as Error).message);
        return;
      }
    }
  };

  const connection = keepConnection({
    url: options.url,
    name: `${options.name} publishing`,
    logger: options.logger,
    async onOpen(opened) {
      blocked = false;
      opened.on('blocked', () => (blocked = true)).on('unblocked', () => (blocked = false));
      const fresh = await opened.createConfirmChannel();
      fresh.on('error', (error: Error) => connection.renew(error.message));
      fresh.on('close', () => channel === fresh && connection.renew('channel closed'));
      fresh.on('return', ({ properties }) => returned.add(String(properties.correlationId)));
      await declareTopology(fresh, options.topology);
      channel = fresh;
      pump();
    },
    onLost(reason) {
      channel = undefined;
      returned.clear();
      for (const id of [...inFlight.keys()]) settle(id, new Error(`broker connection lost: ${reason}`));
    },
  });

  return {
    send(message) {
      if (closed) return Promise.reject(new Error('the bus is closed'));
      if (waiting.size >= MAX_WAITING) return Promise.reject(new Error('too many events wait for the broker'));
      return new Promise<void>((resolve, reject) => {
        const entry: Entry = {
          ...message,
          resolve,
          reject,
          timer: setTimeout(() => {
            const sent = !waiting.delete(entry);
            for (const [id, other] of inFlight) if (other === entry) inFlight.delete(id);
            reject(new Error(`no confirm within ${timeoutMs} ms`));
            if (sent && !blocked) connection.renew('no confirm in time');
          }, timeoutMs),
        };
        waiting.add(entry);
        pump();
      });
    },
    healthy: () => connection.open() && channel !== undefined && !blocked,
    async close() {
      closed = true;
      const idle = async () => {
        while (inFlight.size > 0 || (waiting.size > 0 && channel !== undefined)) await new Promise((resolve) => setTimeout(resolve, 10));
      };
      await Promise.race([idle(), new Promise((resolve) => setTimeout(resolve, 2_000).unref())]);
      for (const entry of waiting) {
        clearTimeout(entry.timer);
        entry.reject(new Error('the bus is closed'));
      }
      waiting.clear();
      await connection.close();
    },
  };
}
