import type { RouteHandlers } from '@linsta/http';
import type { ChatClient } from './clients/chat';
import type { NotificationClient } from './clients/notification';
import type { PresenceStore } from './presence/presence';

export const createRoutes = ({
  chat,
  notifications,
  presence,
}: {
  chat: ChatClient;
  notifications: NotificationClient;
  presence: PresenceStore;
}): RouteHandlers<'realtime'> => ({
  'GET /api/unread': async ({ userId }) => {
    const [messages, unread] = await Promise.all([chat.unread(userId), notifications.unread(userId)]);
    return { chat: messages, notifications: unread };
  },
  'GET /api/presence': ({ query }) => presence.of(query.userIds),
});
