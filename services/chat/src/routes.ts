import type { RouteHandlers } from '@linsta/http';
import type { RealtimeClient } from './clients/realtime';
import type { ChangeAndPush } from './messages/change-and-push';
import type { EarlierTexts } from './messages/earlier-texts';
import type { History } from './messages/history';
import type { SendAndPush } from './messages/send-and-push';
import type { MarkDelivered } from './rooms/mark-and-push';
import type { Reads } from './rooms/reads';
import type { Rooms } from './rooms/rooms';

export function createRoutes(options: {
  rooms: Rooms;
  reads: Reads;
  history: History;
  sendAndPush: SendAndPush;
  changeAndPush: ChangeAndPush;
  earlierTexts: EarlierTexts;
  markDelivered: MarkDelivered;
  realtime: RealtimeClient;
}): RouteHandlers<'chat'> {
  const { rooms, reads, history, sendAndPush, changeAndPush, earlierTexts, markDelivered, realtime } = options;
  return {
    'POST /api/chat/rooms': ({ userId, body }) => rooms.open(userId, body.otherUserId),
    'GET /api/chat/rooms': ({ userId, query }) => rooms.list(userId, query),
    'GET /api/chat/messages/:chatRoomId': ({ userId, params, query }) => history.page(params.chatRoomId, userId, query),
    'POST /api/chat/messages/:chatRoomId': ({ userId, params: { chatRoomId }, body }) =>
      sendAndPush({ chatRoomId, senderId: userId, text: body.text, clientMessageId: body.clientMessageId, replyTo: body.replyTo }),
    'PATCH /api/chat/messages/:chatRoomId/:seq': ({ userId, params, body }) =>
      changeAndPush({ kind: 'edit', ...params, userId, text: body.text }),
    'GET /api/chat/messages/:chatRoomId/:seq/edits': ({ userId, params }) => earlierTexts.list(params.chatRoomId, userId, params.seq),
    'POST /api/chat/messages/:chatRoomId/:seq/reactions': ({ userId, params, body }) =>
      changeAndPush({ kind: 'react', ...params, userId, emoji: body.emoji, on: body.on }),
    'POST /api/chat/delivered': ({ userId, body }) => markDelivered(userId, body.rooms),
    'POST /api/chat/rooms/:chatRoomId/read': async ({ userId, params, body }) => {
      const { moved, participants, ...state } = await reads.mark(params.chatRoomId, userId, body.seq);
      if (moved)
        realtime.broadcast({
          event: 'room_read',
          userIds: participants,
          payload: { chatRoomId: state.chatRoomId, userId, readSeq: state.readSeq },
        });
      return state;
    },
  };
}
