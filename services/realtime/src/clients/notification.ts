import type { Notification } from '@linsta/contracts';
import { notificationResumeAnswer, undeliveredAnswer, unreadAnswer } from '@linsta/contracts/internal';
import type { InternalClient } from '@linsta/http';
import { z } from 'zod';

export function createNotificationClient(client: InternalClient) {
  return {
    /** Notifications that no device of this user got in their current version, oldest first. */
    undelivered: async (userId: string, limit: number, after?: string) =>
      (await client.post('/undelivered', { userId, limit, ...(after !== undefined && { after }) }, undeliveredAnswer)).notifications,
    delivered: (userId: string, notifications: Pick<Notification, '_id' | 'version'>[]) =>
      client.post('/delivered', { userId, notifications: notifications.map(({ _id, version }) => ({ _id, version })) }, z.unknown()),
    resume: (userId: string, after?: string) =>
      client.post('/resume', { userId, ...(after !== undefined && { after }) }, notificationResumeAnswer),
    unread: async (userId: string) => (await client.post('/unread', { userId }, unreadAnswer)).unread,
  };
}
export type NotificationClient = ReturnType<typeof createNotificationClient>;
