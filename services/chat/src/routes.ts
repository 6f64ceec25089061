import { isRetryable } from '@linsta/contracts';
import { fromUpstream } from '@linsta/core';
import type { RouteHandlers } from '@linsta/http';
import type { RealtimeClient } from './clients/realtime';
import type { History } from './history';
import type { Rooms } from './rooms';
import type { Sending } from './sending';

export function createRoutes({
  rooms,
  history,
  sending,
  realtime,
}: {
  rooms: Rooms;
  history: History;
  sending: Sending;
  realtime: RealtimeClient;
}): RouteHandlers<'chat'> {
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
      if (outcome?.ok !== true)
        throw fromUpstream(outcome?.error.code ?? 'UNAVAILABLE', outcome?.error.message ?? 'The message was not stored', {
          ...(isRetryable(outcome?.error.code ?? 'UNAVAILABLE') && { retryAfterSeconds: 2 }),
        });
      if (!outcome.duplicate) realtime.broadcast({ event: 'receive_message', userIds: outcome.participants, payload: outcome.message });
      return outcome.message;
    },
    'POST /api/chat/rooms/:chatRoomId/read': async ({ userId, params, body }) => {
      const { moved, participants, ...state } = await rooms.markRead(params.chatRoomId, userId, body.seq);
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
