import type { RouteHandlers } from '@linsta/http';
import type { RealtimeClient } from './clients/realtime';
import type { History } from './messages/history';
import type { SendAndPush } from './messages/send-and-push';
import type { Reads } from './rooms/reads';
import type { Rooms } from './rooms/rooms';

export function createRoutes(options: {
  rooms: Rooms;
  reads: Reads;
  history: History;
  sendAndPush: SendAndPush;
  realtime: RealtimeClient;
}): RouteHandlers<'chat'> {
  const { rooms, reads, history, sendAndPush, realtime } = options;
  return {
    'POST /api/chat/rooms': ({ userId, body }) => rooms.open(userId, body.otherUserId),
    'GET /api/chat/rooms': ({ userId, query }) => rooms.list(userId, query),
    'GET /api/chat/messages/:chatRoomId': ({ userId, params, query }) => history.page(params.chatRoomId, userId, query),
    'POST /api/chat/messages/:chatRoomId': ({ userId, params, body }) =>
      sendAndPush({ chatRoomId: params.chatRoomId, senderId: userId, text: body.text, clientMessageId: body.clientMessageId }),
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
