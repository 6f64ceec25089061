import { itemAt } from '@linsta/core';
import type { RouteHandlers } from '@linsta/http';
import type { Notifications } from './notifications';

export const createRoutes = ({ notifications }: { notifications: Notifications }): RouteHandlers<'notification'> => ({
  'GET /api/notifications': ({ userId, query }) => notifications.list(userId, query),
  'GET /api/notifications/unread-count': async ({ userId }) => ({ unread: await notifications.unread(userId) }),
  'PATCH /api/notifications/:id/read': async ({ userId, params }) => itemAt(await notifications.read(userId, params.id), 0),
  'POST /api/notifications/read-all': ({ userId, body }) => notifications.readAll(userId, body.upTo),
});
