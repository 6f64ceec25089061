import { z } from 'zod';
import { isoTime, limitQuery, objectId } from './common';
import { rsvpStatus } from './events';

/** The types of Linsta itself; NOTIFICATION_TYPES adds further ones. */
export const notificationTypes = ['LIKE', 'COMMENT', 'EVENT_RSVP'] as const;
export const notificationType = z
  .string()
  .max(50)
  .meta({ examples: [...notificationTypes] });
/** One per recipient, type, actor and reference while it is unread. */
export const notification = z
  .object({
    _id: objectId,
    userId: objectId,
    type: notificationType,
    /** An English sentence; the fields below let a client write its own. */
    message: z.string(),
    referenceId: z.string(),
    actorId: objectId,
    isRead: z.boolean(),
    createdAt: isoTime,
    /** Grows with each change; the highest one is the current state. */
    version: z.number().int().min(1),
    actor: z.object({ _id: objectId, name: z.string(), avatarUrl: z.string().nullable() }),
    /** The post, the event, or a thing of another service. */
    reference: z.object({ id: z.string(), title: z.string().optional() }),
    /** Where a client goes from here; of further types whose configuration names it. */
    link: z.string().optional(),
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
/** With the names of Linsta's own types for editors. */
export type NotificationType = (typeof notificationTypes)[number] | (string & {});
