import type { AnyBusEvent, BusEvent } from '@linsta/contracts';
import { Schema, trusted, type Model, type Types } from 'mongoose';
import type { EventBus } from './bus/bus';
import type { Logger } from './log';

/** A state change and the facts it causes are one document write: the facts wait inside the document until the bus has them. */
export interface WithOutbox {
  outbox: BusEvent[];
  /** When the oldest waiting fact was written; absent while nothing waits, so its sparse index holds only work to do. */
  outboxAt?: Date;
}

const entry = new Schema<BusEvent>(
  { specversion: String, id: String, source: String, type: String, time: String, data: Schema.Types.Mixed },
  { _id: false, strict: 'throw' },
);
export const outboxFields = { outbox: { type: [entry], default: [] }, outboxAt: { type: Date } };
export const outboxIndex = [{ outboxAt: 1 }, { sparse: true }] as const;

/** The part of an update that adds facts to a document's outbox. */
export const pushToOutbox = (...events: BusEvent[]) => ({ $push: { outbox: { $each: events } }, $min: { outboxAt: new Date() } });

/** With the field that `routedBy` names, where there is one. */
interface OutboxDocument {
  _id: Types.ObjectId;
  outbox: BusEvent[];
  [field: string]: unknown;
}

export interface OutboxRelay {
  start(): void;
  /** Publishes what a document just written holds, without reading it again. Never throws; what fails is found by the sweep. */
  offer(document: OutboxDocument): void;
  stop(): Promise<void>;
}

const SWEEP_BATCH = 100;

/**
 * Moves facts from documents to the bus, at least once. Offered documents go at once; the sweep finds what a crash or an outage left behind.
 * A process that dies between publish and mark makes a repeat, which consumers know by the event's id.
 */
export function createOutboxRelay<T extends WithOutbox>(options: {
  model: Model<T>;
  /** The field the collection is sharded by, if not `_id`: an update that names it goes to one shard instead of all. */
  routedBy?: Extract<keyof T, string>;
  bus: EventBus;
  logger: Logger;
  sweepMs?: number;
  settleMs?: number;
}): OutboxRelay {
  const model = options.model as unknown as Model<WithOutbox & { _id: Types.ObjectId }>;
  const { routedBy } = options;
  const keyOf = (document: Record<string, unknown>) => ({
    _id: document._id as Types.ObjectId,
    ...(routedBy !== undefined && { [routedBy]: document[routedBy] }),
  });
  const inFlight = new Map<string, Promise<void>>();
  // Documents younger than this are most likely on their way already, here or in another process.
  const settleMs = options.settleMs ?? 5_000;
  let timer: NodeJS.Timeout | undefined;
  let sweeping: Promise<void> | undefined;
  let stopped = false;

  const relay = async (key: ReturnType<typeof keyOf>, events: BusEvent[]) => {
    try {
      await Promise.all(events.map((event) => options.bus.publish(event as AnyBusEvent)));
      await model.updateOne(key, { $pull: { outbox: { id: { $in: events.map((event) => event.id) } } } });
      await model.updateOne({ ...key, outbox: trusted({ $size: 0 }) } as never, { $unset: { outboxAt: 1 } });
    } catch (error) {
      if (!stopped) options.logger.warn({ err: (error as Error).message }, 'bus event stays in the outbox');
    }
  };
  const track = (key: ReturnType<typeof keyOf>, events: BusEvent[]) => {
    const name = `${key._id.toString()} ${events.map((event) => event.id).join()}`;
    if (events.length === 0 || inFlight.has(name)) return;
    inFlight.set(
      name,
      relay(key, events).finally(() => inFlight.delete(name)),
    );
  };

  const projection = { outbox: 1, ...(routedBy !== undefined && { [routedBy]: 1 }) };
  const sweep = async (olderThanMs: number) => {
    try {
      const filter = { outboxAt: trusted({ $lte: new Date(Date.now() - olderThanMs) }) };
      for (let skip = 0; !stopped; skip += SWEEP_BATCH) {
        const found = await model.find(filter, projection).sort({ outboxAt: 1 }).skip(skip).limit(SWEEP_BATCH).lean();
        for (const document of found) {
          const key = keyOf(document);
          if (document.outbox.length > 0) track(key, document.outbox);
          else await model.updateOne({ ...key, outbox: trusted({ $size: 0 }) } as never, { $unset: { outboxAt: 1 } });
        }
        if (found.length < SWEEP_BATCH || inFlight.size > 10 * SWEEP_BATCH) return;
      }
    } catch (error) {
      if (!stopped) options.logger.warn({ err: (error as Error).message }, 'outbox sweep failed');
    }
  };
  const tick = (olderThanMs: number) => {
    sweeping ??= sweep(olderThanMs).finally(() => (sweeping = undefined));
  };

  return {
    start() {
      tick(0);
      timer = setInterval(() => tick(settleMs), options.sweepMs ?? 5_000);
      timer.unref();
    },
    offer(document) {
      if (!stopped) track(keyOf(document), [...document.outbox]);
    },
    async stop() {
      stopped = true;
      clearInterval(timer);
      await sweeping;
      await Promise.race([Promise.allSettled(inFlight.values()), new Promise((resolve) => setTimeout(resolve, 2_000).unref())]);
    },
  };
}
