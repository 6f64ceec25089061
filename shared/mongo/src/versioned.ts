import type { BusEvent } from '@linsta/contracts';
import { Types, type Model, type UpdateQuery } from 'mongoose';
import { duplicateKey } from './duplicates';
import { pushToOutbox, type OutboxRelay, type WithOutbox } from './outbox';

/** A document with a counter of its changes, so that each change has an event id of its own. */
export interface Versioned extends WithOutbox {
  _id: Types.ObjectId;
  version: number;
  changedAt: Date;
}

export interface VersionedChange<D> {
  fields: Partial<D>;
  changedAt: Date;
  events: BusEvent[];
}

/**
 * Changes the one document with this key, or creates it, together with the events of the change, in
 * one write. `decide` gets the stored document (null: none) and the version that the change will
 * have; undefined means that nothing is to change. A concurrent change makes it decide again.
 */
export async function writeVersioned<D extends Versioned>(options: {
  model: Model<D>;
  /** Fields of a unique index. */
  key: Record<string, Types.ObjectId>;
  relay: OutboxRelay;
  decide(before: D | null, version: number): Promise<VersionedChange<D> | undefined>;
}): Promise<void> {
  const { key, relay } = options;
  const model = options.model as unknown as Model<Versioned>;
  for (;;) {
    const before = await model.findOne(key, { outbox: 0 }).lean<D>();
    const version = (before?.version ?? 0) + 1;
    const change = await options.decide(before, version);
    if (change === undefined) return;
    const { fields, changedAt, events } = change;
    const _id = before?._id ?? new Types.ObjectId();
    if (before === null) {
      try {
        await model.create({
          _id,
          ...key,
          ...fields,
          version,
          changedAt,
          outbox: events,
          ...(events.length > 0 && { outboxAt: changedAt }),
        });
      } catch (error) {
        if (duplicateKey(error) === undefined) throw error;
        continue; // another device of the same user created it at this moment
      }
    } else {
      const update: UpdateQuery<Versioned> = {
        $set: { ...fields, version, changedAt },
        ...(events.length > 0 && pushToOutbox(...events)),
      };
      const { modifiedCount } = await model.updateOne({ ...key, version: before.version }, update);
      if (modifiedCount === 0) continue; // another device changed it meanwhile
    }
    relay.offer({ _id, ...key, outbox: events });
    return;
  }
}
