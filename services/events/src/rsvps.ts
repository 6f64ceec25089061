import type { BusEvent, Rsvp, RsvpStatus } from '@linsta/contracts';
import { duplicateKey, pushToOutbox, toBusEvent, type OutboxRelay, type People } from '@linsta/server';
import { trusted, Types } from 'mongoose';
import type { Gatherings } from './gatherings';
import { toPerson, type EventsModels, type GatheringDocument } from './model';

export function createRsvps({
  models: { Rsvps },
  gatherings,
  people,
  relay,
  now,
}: {
  models: EventsModels;
  gatherings: Gatherings;
  people: People;
  relay: OutboxRelay;
  now: () => Date;
}) {
  const answer = async (gathering: GatheringDocument, userId: string, status: RsvpStatus): Promise<Rsvp> => ({
    eventId: gathering._id.toString(),
    userId,
    status,
    counts: await gatherings.counts(gathering._id),
  });

  /** What the host is to hear of; nothing if it is his own answer. */
  const facts = async (
    gathering: GatheringDocument,
    userId: string,
    status: RsvpStatus,
    version: number,
    at: Date,
  ): Promise<BusEvent[]> => {
    const recipientId = gathering.hostId.toString();
    if (recipientId === userId) return [];
    const name = (await people.get([userId]).catch(() => undefined))?.get(userId)?.name;
    const referenceId = gathering._id.toString();
    return [
      toBusEvent(
        'events',
        'EVENT_RSVP',
        `rsvp:${referenceId}:${userId}:${version}`,
        { recipientId, actorId: userId, ...(name !== undefined && { actorName: name }), referenceId, status },
        at,
      ),
    ];
  };

  return {
    /** Says or changes one's mind; a repeat changes nothing and tells nobody. The answer and its fact are one write. */
    async set(gatheringId: string, userId: string, status: RsvpStatus): Promise<Rsvp> {
      const gathering = await gatherings.find(gatheringId);
      const key = { gatheringId: gathering._id, userId: new Types.ObjectId(userId) };
      for (;;) {
        const before = await Rsvps.findOne(key, { status: 1, version: 1 }).lean();
        if (before?.status === status) return answer(gathering, userId, status);
        const version = (before?.version ?? 0) + 1;
        const at = now();
        const events = await facts(gathering, userId, status, version, at);
        const _id = before?._id ?? new Types.ObjectId();
        if (before === null) {
          try {
            await Rsvps.create({ _id, ...key, status, version, changedAt: at, outbox: events, ...(events.length > 0 && { outboxAt: at }) });
          } catch (error) {
            if (duplicateKey(error) === undefined) throw error;
            continue; // the same person, from another device, at this moment
          }
        } else {
          const written = await Rsvps.updateOne(
            { ...key, version: before.version },
            { $set: { status, version, changedAt: at }, ...(events.length > 0 && pushToOutbox(...events)) },
          );
          if (written.modifiedCount === 0) continue;
        }
        relay.offer({ _id, ...key, outbox: events });
        return answer(gathering, userId, status);
      }
    },
    /** Who answered; `before` is the last user of the page before. */
    async list(gatheringId: string, page: { limit: number; before?: string | undefined }) {
      const gathering = await gatherings.find(gatheringId);
      const last =
        page.before === undefined
          ? null
          : await Rsvps.findOne({ gatheringId: gathering._id, userId: new Types.ObjectId(page.before) }, { _id: 1 }).lean();
      const found = await Rsvps.find({ gatheringId: gathering._id, ...(last !== null && { _id: trusted({ $lt: last._id }) }) })
        .sort({ _id: -1 })
        .limit(page.limit)
        .lean();
      const names = await people.names(found.map(({ userId }) => userId.toString()));
      return found.map(({ userId, status }) => ({ user: toPerson(userId.toString(), names), status }));
    },
  };
}
export type Rsvps = ReturnType<typeof createRsvps>;
