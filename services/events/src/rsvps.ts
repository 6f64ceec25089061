import type { BusEvent, Rsvp, RsvpStatus } from '@linsta/contracts';
import { toBusEvent } from '@linsta/bus';
import { writeVersioned, type OutboxRelay, type UserDirectory } from '@linsta/mongo';
import { trusted, Types } from 'mongoose';
import type { Gatherings } from './gatherings';
import { toPerson, type EventsModels, type GatheringDocument, type RsvpDocument } from './model';

export function createRsvps({
  models: { Rsvps },
  gatherings,
  directory,
  relay,
  now,
}: {
  models: EventsModels;
  gatherings: Gatherings;
  directory: UserDirectory;
  relay: OutboxRelay;
  now: () => Date;
}) {
  const answer = async (gathering: GatheringDocument, userId: string, status: RsvpStatus): Promise<Rsvp> => ({
    eventId: gathering._id.toString(),
    userId,
    status,
    counts: await gatherings.counts(gathering._id),
  });

  /** The event for the host; none for a host's own answer. */
  const eventsOf = async (
    gathering: GatheringDocument,
    userId: string,
    status: RsvpStatus,
    version: number,
    at: Date,
  ): Promise<BusEvent[]> => {
    const recipientId = gathering.hostId.toString();
    if (recipientId === userId) return [];
    const name = await directory.nameOf(userId);
    const referenceId = gathering._id.toString();
    const data = {
      recipientId,
      actorId: userId,
      ...(name !== undefined && { actorName: name }),
      referenceId,
      referenceTitle: gathering.title,
      status,
    };
    return [toBusEvent('events', 'EVENT_RSVP', `rsvp:${referenceId}:${userId}:${version}`, data, at)];
  };

  return {
    /** Sets or changes an answer; a repeat changes nothing and publishes nothing. */
    async set(gatheringId: string, userId: string, status: RsvpStatus): Promise<Rsvp> {
      const gathering = await gatherings.find(gatheringId);
      await writeVersioned<RsvpDocument>({
        model: Rsvps,
        key: { gatheringId: gathering._id, userId: new Types.ObjectId(userId) },
        relay,
        async decide(before, version) {
          if (before?.status === status) return undefined;
          const changedAt = now();
          return { fields: { status }, changedAt, events: await eventsOf(gathering, userId, status, version, changedAt) };
        },
      });
      return answer(gathering, userId, status);
    },
    /** Users who answered, newest answer first; `before` is the last user of the previous page. */
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
      const names = await directory.names(found.map(({ userId }) => userId.toString()));
      return found.map(({ userId, status }) => ({ user: toPerson(userId.toString(), names), status }));
    },
  };
}
export type Rsvps = ReturnType<typeof createRsvps>;
