import { z } from 'zod';
import { isoTime, objectId } from './common';

/** How many people one subscription or question may name. */
export const PRESENCE_LIMIT = 200;
export const presence = z
  .object({ userId: objectId, status: z.enum(['online', 'offline']), lastSeenAt: isoTime.nullable() })
  .meta({ id: 'Presence' });
export const presenceQuery = z.strictObject({
  userIds: z
    .string()
    .max(PRESENCE_LIMIT * 25)
    .transform((list) => list.split(','))
    .pipe(z.array(objectId).min(1).max(PRESENCE_LIMIT)),
});
export const presenceSubscribePayload = z.strictObject({ userIds: z.array(objectId).min(1).max(PRESENCE_LIMIT) });
/** Without `userIds`: every watched user. */
export const presenceUnsubscribePayload = z.strictObject({ userIds: z.array(objectId).max(PRESENCE_LIMIT).optional() }).optional();

export type Presence = z.infer<typeof presence>;
