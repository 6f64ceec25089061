import { z } from 'zod';
import { isoTime, limitQuery, objectId } from './common';

export const notificationType = z.enum(['LIKE', 'COMMENT', 'EVENT_RSVP']);
export const notification = z
  .object({
    _id: objectId,
    userId: objectId,
    type: notificationType,
    message: z.string(),
    referenceId: objectId,
    actorId: objectId,
    isRead: z.boolean(),
    createdAt: isoTime,
  })
  .meta({ id: 'Notification' });
export const notificationsQuery = z.strictObject({
  limit: limitQuery(20),
  before: objectId.optional(),
  unread: z
    .enum(['true', 'false'])
    .transform((text) => text === 'true')
    .optional(),
});
export const unreadCount = z.object({ unread: z.number().int().min(0) });
export const updatedCount = z.object({ updated: z.number().int().min(0) });

export type Notification = z.infer<typeof notification>;
export type NotificationType = z.infer<typeof notificationType>;
