import { notificationResumeAnswer, undeliveredAnswer, unreadAnswer } from '@linsta/contracts';
import type { InternalClient } from '@linsta/http';
import { z } from 'zod';

export function createNotificationClient(client: InternalClient) {
  return {
    /** What no device of this user got yet, oldest first. */
    undelivered: async (userId: string, limit: number, after?: string) =>
      (await client.post('/undelivered', { userId, limit, ...(after !== undefined && { after }) }, undeliveredAnswer)).notifications,
    delivered: (userId: string, ids: string[]) => client.post('/delivered', { userId, ids }, z.unknown()),
    resume: (userId: string, after?: string) =>
      client.post('/resume', { userId, ...(after !== undefined && { after }) }, notificationResumeAnswer),
    unread: async (userId: string) => (await client.post('/unread', { userId }, unreadAnswer)).unread,
  };
}
export type NotificationClient = ReturnType<typeof createNotificationClient>;
