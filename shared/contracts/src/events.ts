import { z } from 'zod';
import { freeText, isoTime, limitQuery, lineOfText, objectId } from './common';
import { author } from './posts';

export const rsvpStatus = z.enum(['going', 'maybe', 'declined']);
export const newGathering = z.strictObject({
  title: lineOfText(200),
  startsAt: z.iso.datetime({ offset: true, error: 'must be an ISO 8601 time with a zone' }),
  location: lineOfText(200).optional(),
  description: freeText(4000).optional(),
});
export const gathering = z
  .object({
    _id: objectId,
    hostId: objectId,
    host: author,
    title: z.string(),
    startsAt: isoTime,
    location: z.string().nullable(),
    description: z.string().nullable(),
    counts: z.object({ going: z.number().int(), maybe: z.number().int(), declined: z.number().int() }),
    myRsvp: rsvpStatus.nullable(),
    createdAt: isoTime,
  })
  .meta({ id: 'Event' });
export const gatheringsQuery = z.strictObject({ limit: limitQuery(20), before: objectId.optional() });
export const rsvpBody = z.strictObject({ status: rsvpStatus });
export const rsvp = z
  .object({ eventId: objectId, userId: objectId, status: rsvpStatus, counts: gathering.shape.counts })
  .meta({ id: 'Rsvp' });
export const attendee = z.object({ user: author, status: rsvpStatus }).meta({ id: 'Attendee' });

export type RsvpStatus = z.infer<typeof rsvpStatus>;
export type Gathering = z.infer<typeof gathering>;
export type Rsvp = z.infer<typeof rsvp>;
