import { z } from 'zod';
import { isoTime, limitQuery, objectId } from './common';
import { rsvpStatus } from './events';

export const notificationType = z.enum(['LIKE', 'COMMENT', 'EVENT_RSVP']);
/** One per recipient, type, actor and reference while it is unread. */
export const notification = z
  .object({
    _id: objectId,
    userId: objectId,
    type: notificationType,
    /** An English sentence; the fields below let a client write its own. */
    message: z.string(),
    referenceId: objectId,
    actorId: objectId,
    isRead: z.boolean(),
    createdAt: isoTime,
    /** Grows with each change; the highest one is the current state. */
    version: z.number().int().min(1),
    actor: z.object({ _id: objectId, name: z.string(), avatarUrl: z.string().nullable() }),
    /** The post or the event. */
    reference: z.object({ id: objectId, title: z.string().optional() }),
    /** Beginning of the newest comment. */
    excerpt: z.string().optional(),
    /** Newest answer to the event. */
    status: rsvpStatus.optional(),
    /** Comments that this notification stands for; 1 for the other types. */
    count: z.number().int().min(1),
  })
  .meta({ id: 'Notification' });
export const notificationRemoved = z.object({ id: objectId, unread: z.number().int().min(0) });
export const notificationsQuery = z.strictObject({
  limit: limitQuery(20),
  before: objectId.optional(),
  unread: z
    .enum(['true', 'false'])
    .transform((text) => text === 'true')
    .optional(),
});
/** Without `upTo`: every notification that exists when the call arrives. */
export const readAllBody = z.strictObject({ upTo: objectId.optional() });
/** `all`: every notification up to `upTo`. */
export const notificationRead = z.object({
  ids: z.array(objectId).optional(),
  all: z.literal(true).optional(),
  upTo: objectId.optional(),
  unread: z.number(),
});
export const unreadCount = z.object({ unread: z.number().int().min(0) });
export const updatedCount = z.object({ updated: z.number().int().min(0) });

export type Notification = z.infer<typeof notification>;
export type NotificationType = z.infer<typeof notificationType>;
