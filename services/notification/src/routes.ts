import type { RouteHandlers } from '@linsta/http';
import type { Notifications } from './notifications';

export const createRoutes = ({ notifications }: { notifications: Notifications }): RouteHandlers<'notification'> => ({
  'GET /api/notifications': ({ userId, query }) => notifications.list(userId, query),
  'GET /api/notifications/unread-count': async ({ userId }) => ({ unread: await notifications.unread(userId) }),
  'PATCH /api/notifications/:id/read': ({ userId, params }) => notifications.read(userId, params.id),
  'POST /api/notifications/read-all': ({ userId }) => notifications.readAll(userId),
});
