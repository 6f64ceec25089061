import { isRetryable } from '@linsta/contracts';
import type { BatchedChange, ChangeOutcome } from '@linsta/contracts/internal';
import { fromUpstream, itemAt } from '@linsta/core';
import type { RouteHandlers } from '@linsta/http';
import type { RealtimeClient } from './clients/realtime';
import type { ChangeAndPush } from './messages/change-and-push';
import type { EarlierTexts } from './messages/earlier-texts';
import type { History } from './messages/history';
import type { SendAndPush } from './messages/send-and-push';
import type { Delivered } from './rooms/delivered';
import type { MarkDelivered } from './rooms/mark-and-push';
import type { Reads } from './rooms/reads';
import type { Rooms } from './rooms/rooms';

export function createRoutes(options: {
  rooms: Rooms;
  reads: Reads;
  history: History;
  sendAndPush: SendAndPush;
  changing: Changing;
  earlierTexts: EarlierTexts;
  delivered: Delivered;
  realtime: RealtimeClient;
}): RouteHandlers<'chat'> {
  const { rooms, reads, history, sendAndPush, changing, earlierTexts, delivered, realtime } = options;

  const refuse = ({ code, message }: { code: string; message: string }) => {
    throw fromUpstream(code, message, { ...(isRetryable(code) && { retryAfterSeconds: 2 }) });
  };
  const change = async (wanted: BatchedChange): Promise<Extract<ChangeOutcome, { ok: true }>['message']> => {
    const [outcome] = await changing.push([wanted]);
    if (outcome?.ok !== true) return refuse(outcome?.error ?? NOT_STORED);
    const { message, participants, pushed } = outcome;
    if (pushed && message.rev !== undefined)
      realtime.broadcast({
        event: 'message_changed',
        userIds: participants,
        payload: { chatRoomId: message.chatRoomId, rev: message.rev, message },
      });
    return message;
  };
  return {
    'POST /api/chat/rooms': ({ userId, body }) => rooms.open(userId, body.otherUserId),
    'GET /api/chat/rooms': ({ userId, query }) => rooms.list(userId, query),
    'GET /api/chat/messages/:chatRoomId': ({ userId, params, query }) => history.page(params.chatRoomId, userId, query),
    'POST /api/chat/messages/:chatRoomId': ({ userId, params, body }) =>
      sendAndPush({ ...params, ...body, senderId: userId }),
    'PATCH /api/chat/messages/:chatRoomId/:seq': ({ userId, params, body }) => change({ kind: 'edit', ...params, userId, text: body.text }),
    'GET /api/chat/messages/:chatRoomId/:seq/edits': ({ userId, params }) => earlierTexts.list(params.chatRoomId, userId, params.seq),
    'POST /api/chat/messages/:chatRoomId/:seq/reactions': ({ userId, params, body }) =>
      change({ kind: 'react', ...params, userId, emoji: body.emoji, on: body.on }),
    'POST /api/chat/delivered': async ({ userId, body }) => {
      const outcomes = await delivered.push(body.rooms.map((mark) => ({ ...mark, userId })));
      outcomes.forEach((outcome, at) => {
        const { chatRoomId } = itemAt(body.rooms, at);
        if (!outcome.ok) return refuse(outcome.error);
        const { deliveredSeq, audience } = outcome;
        if (audience.length > 0)
          realtime.broadcast({ event: 'room_delivered', userIds: audience, payload: { chatRoomId, userId, deliveredSeq } });
      });
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
