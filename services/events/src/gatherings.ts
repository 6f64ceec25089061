import type { Gathering, RsvpStatus } from '@linsta/contracts';
import { notFound } from '@linsta/core';
import type { UserDirectory } from '@linsta/mongo';
import { trusted, Types } from 'mongoose';
import { toGathering, type Counts, type EventsModels, type GatheringDocument } from './model';

const none = (): Counts => ({ going: 0, maybe: 0, declined: 0 });

interface NewGathering {
  title: string;
  startsAt: string;
  location?: string | undefined;
  description?: string | undefined;
}

export function createGatherings({
  models: { Gatherings, Rsvps },
  directory,
  now,
}: {
  models: EventsModels;
  directory: UserDirectory;
  now: () => Date;
}) {
  /** Counted over an index each time, so the numbers cannot drift. */
  const countsOf = async (ids: Types.ObjectId[]): Promise<Map<string, Counts>> => {
    const groups = await Rsvps.aggregate<{ _id: { gatheringId: Types.ObjectId; status: RsvpStatus }; count: number }>([
      { $match: { gatheringId: { $in: ids } } },
      { $group: { _id: { gatheringId: '$gatheringId', status: '$status' }, count: { $sum: 1 } } },
    ]);
    const counts = new Map<string, Counts>();
    for (const { _id, count } of groups) {
      const key = _id.gatheringId.toString();
      counts.set(key, { ...(counts.get(key) ?? none()), [_id.status]: count });
    }
    return counts;
  };

  const present = async (gatherings: GatheringDocument[], userId: string): Promise<Gathering[]> => {
    const ids = gatherings.map(({ _id }) => _id);
    const [names, counts, mine] = await Promise.all([
      directory.names(gatherings.map(({ hostId }) => hostId.toString())),
      countsOf(ids),
      Rsvps.find({ gatheringId: trusted({ $in: ids }), userId: new Types.ObjectId(userId) }, { gatheringId: 1, status: 1 }).lean(),
    ]);
    const myRsvps = new Map(mine.map(({ gatheringId, status }) => [gatheringId.toString(), status]));
    return gatherings.map((gathering) => {
      const id = gathering._id.toString();
      return toGathering(gathering, { names, counts: counts.get(id) ?? none(), myRsvp: myRsvps.get(id) ?? null });
    });
  };

  /** Throws 404. */
  const find = async (id: string): Promise<GatheringDocument> => {
    const gathering = await Gatherings.findById(new Types.ObjectId(id)).lean();
    if (gathering === null) throw notFound('Event');
    return gathering;
  };

  return {
    find,
    counts: async (id: Types.ObjectId): Promise<Counts> => (await countsOf([id])).get(id.toString()) ?? none(),
    async create(userId: string, { title, startsAt, location, description }: NewGathering): Promise<Gathering> {
      const gathering = {
        _id: new Types.ObjectId(),
        hostId: new Types.ObjectId(userId),
        title,
        startsAt: new Date(startsAt),
        location: location ?? null,
        description: description ?? null,
        createdAt: now(),
      };
      await Gatherings.create(gathering);
      return toGathering(gathering, { names: await directory.names([userId]), counts: none(), myRsvp: null });
    },
    async get(id: string, userId: string): Promise<Gathering> {
      const [gathering] = await present([await find(id)], userId);
      if (gathering === undefined) throw notFound('Event');
      return gathering;
    },
    async list(userId: string, page: { limit: number; before?: string | undefined }): Promise<Gathering[]> {
      const filter = page.before === undefined ? {} : { _id: trusted({ $lt: new Types.ObjectId(page.before) }) };
      return present(await Gatherings.find(filter).sort({ _id: -1 }).limit(page.limit).lean(), userId);
    },
  };
}
export type Gatherings = ReturnType<typeof createGatherings>;
