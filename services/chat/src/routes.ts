import { isRetryable } from '@linsta/contracts';
import { fromUpstream } from '@linsta/core';
import type { RouteHandlers } from '@linsta/http';
import type { RealtimeClient } from './clients/realtime';
import type { History } from './messages/history';
import type { Sending } from './messages/send';
import type { Reads } from './rooms/reads';
import type { Rooms } from './rooms/rooms';

export function createRoutes(options: {
  rooms: Rooms;
  reads: Reads;
  history: History;
  sending: Sending;
  realtime: RealtimeClient;
}): RouteHandlers<'chat'> {
  const { rooms, reads, history, sending, realtime } = options;
  return {
    'POST /api/chat/rooms': ({ userId, body }) => rooms.open(userId, body.otherUserId),
    'GET /api/chat/rooms': ({ userId, query }) => rooms.list(userId, query),
    'GET /api/chat/messages/:chatRoomId': ({ userId, params, query }) => history.page(params.chatRoomId, userId, query),
    'POST /api/chat/messages/:chatRoomId': async ({ userId, params, body }) => {
      const send = {
        chatRoomId: params.chatRoomId,
        senderId: userId,
        text: body.text,
        ...(body.clientMessageId !== undefined && { clientMessageId: body.clientMessageId }),
      };
      const [outcome] = await sending.push([send]);
      if (outcome?.ok !== true) {
        const { code, message } = outcome?.error ?? { code: 'UNAVAILABLE', message: 'The message was not stored' };
        throw fromUpstream(code, message, { ...(isRetryable(code) && { retryAfterSeconds: 2 }) });
      }
      if (!outcome.duplicate) realtime.broadcast({ event: 'receive_message', userIds: outcome.participants, payload: outcome.message });
      return outcome.message;
    },
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
