import type { RouteHandlers } from '@linsta/http';
import type { ChatClient } from './clients/chat';
import type { NotificationClient } from './clients/notification';
import type { Members } from './members';
import { unseen } from './handlers/presence';
import type { PresenceStore } from './presence/presence';
import type { Visibility } from './presence/visibility';
import type { Typing } from './typing';

export const createRoutes = ({
  chat,
  notifications,
  presence,
  visibility,
  members,
  typing,
}: {
  chat: ChatClient;
  notifications: NotificationClient;
  presence: PresenceStore;
  visibility: Pick<Visibility, 'sees'>;
  members: Members;
  typing: Typing;
}): RouteHandlers<'realtime'> => ({
  'GET /api/unread': async ({ userId }) => {
    const [messages, unread] = await Promise.all([chat.unread(userId), notifications.unread(userId)]);
    return { chat: messages, notifications: unread };
  },
  'POST /api/chat/rooms/:chatRoomId/typing': async ({ userId, params: { chatRoomId }, body }) => {
    const others = await members.othersOf(chatRoomId, userId);
    typing.set({ chatRoomId, userId, others, socketId: '', typing: body.typing });
  },
  'GET /api/presence': async ({ userId, query }) =>
    (await visibility.sees(userId)) ? presence.of(query.userIds) : query.userIds.map(unseen),
});
