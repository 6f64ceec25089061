import type { EventBus } from '@linsta/bus';
import type { AnyBusEvent, BusEvent } from '@linsta/contracts';
import { createRelay, messageOf, withCorrelation, withDeadline, type Logger } from '@linsta/core';
import { Schema, trusted, type Model, type SchemaDefinition, type Types } from 'mongoose';

/**
 * A state change and the events it causes are one document write: the events stay inside the
 * document until they are published.
 */
export interface WithOutbox {
  outbox: BusEvent[];
  /**
   * When the oldest pending event was written; absent without pending events, so its sparse index
   * holds only open work.
   */
  outboxAt?: Date;
}

const entry = new Schema(
  {
    specversion: String,
    id: String,
    source: String,
    type: String,
    time: String,
    data: Schema.Types.Mixed,
    correlationid: String,
    traceparent: String,
  },
  { _id: false, strict: 'throw' },
);
export const outboxFields: SchemaDefinition<WithOutbox> = { outbox: { type: [entry], default: [] }, outboxAt: { type: Date } };
export const outboxIndex = [{ outboxAt: 1 }, { sparse: true }] as const;

/** The part of an update that adds events to a document's outbox. */
export const pushToOutbox = (...events: BusEvent[]) => ({ $push: { outbox: { $each: events } }, $min: { outboxAt: new Date() } });

const PUBLISH_DEADLINE_MS = 1_000;

/** With the field that `routedBy` names, where there is one. */
interface OutboxDocument {
  _id: Types.ObjectId | string;
  outbox: BusEvent[];
  [field: string]: unknown;
}

export interface OutboxRelay {
  start(): void;
  /**
   * Publishes the events of a document that was just written, without reading it again. Never
   * throws.
   */
  offer(document: OutboxDocument): void;
  /**
   * Resolves when the events of a document that was just written are published, or after the
   * deadline. Never throws: an event that could not be published in time stays in the outbox.
   */
  publishNow(document: OutboxDocument, deadlineMs?: number): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Moves events from documents to the bus, at least once. A process that dies between publishing and
 * clearing the outbox causes a repeat, which consumers recognise by the event's id.
 */
export function createOutboxRelay<T extends WithOutbox>(options: {
  model: Model<T>;
  /**
   * The field that the collection is sharded by, if not `_id`: an update with it goes to one shard
   * instead of all.
   */
  routedBy?: Extract<keyof T, string>;
  bus: EventBus;
  logger: Logger;
  sweepMs?: number;
  settleMs?: number;
}): OutboxRelay {
  const model = options.model as unknown as Model<OutboxDocument & WithOutbox>;
  const { bus, routedBy, logger } = options;
  const keyOf = (document: OutboxDocument) => ({
    _id: document._id,
    ...(routedBy !== undefined && { [routedBy]: document[routedBy] }),
  });
  const clearMark = (document: OutboxDocument) =>
    model.updateOne({ ...keyOf(document), outbox: trusted({ $size: 0 }) }, { $unset: { outboxAt: 1 } });

  const publish = async (document: OutboxDocument) => {
    const { outbox } = document;
    if (outbox.length > 0) {
      await Promise.all(outbox.map((event) => withCorrelation(event.correlationid, () => bus.publish(event as AnyBusEvent))));
      await model.updateOne(keyOf(document), { $pull: { outbox: { id: { $in: outbox.map((event) => event.id) } } } });
    }
    await clearMark(document);
  };

  const relay = createRelay<OutboxDocument>({
    name: `outbox of ${model.collection.name}`,
    logger,
    // The same document with further events is other work.
    keyOf: ({ _id, outbox }) => `${String(_id)} ${outbox.map((event) => event.id).join()}`,
    find: (markedBefore, skip, limit) =>
      model
        .find({ outboxAt: trusted({ $lte: markedBefore }) }, { outbox: 1, ...(routedBy !== undefined && { [routedBy]: 1 }) })
        .sort({ outboxAt: 1 })
        .skip(skip)
        .limit(limit)
        .lean<OutboxDocument[]>(),
    process: async (documents) => void (await Promise.all(documents.map(publish))),
    // One event that is tried again for minutes must not hold up the events of other documents.
    batchSize: 1,
    concurrency: 1_000,
    sweepMs: options.sweepMs ?? 5_000,
    settleMs: options.settleMs ?? 5_000,
  });

  return {
    start: () => relay.start(),
    offer(document) {
      if (document.outbox.length > 0) relay.offer([document]);
    },
    async publishNow(document, deadlineMs = PUBLISH_DEADLINE_MS) {
      try {
        await withDeadline(publish(document), deadlineMs, 'publishing');
      } catch (error) {
        logger.warn({ collection: model.collection.name, err: messageOf(error) }, 'event not published yet; the outbox keeps it');
      }
    },
    stop: () => relay.stop(),
  };
}
