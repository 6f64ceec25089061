import { chatResumeRequest, historyRequest, markReadRequest, membershipRequest, sendBatchRequest, userRequest } from '@linsta/contracts';
import { endpoint, type InternalEndpoint } from '@linsta/http';
import { Types } from 'mongoose';
import type { Heads } from './heads';
import type { History } from './history';
import type { Rooms } from './rooms';
import type { Sending } from './sending';

/** What realtime asks. Who the user is was verified there; whether he may is decided here. */
export function createEndpoints({
  rooms,
  heads,
  history,
  sending,
}: {
  rooms: Rooms;
  heads: Heads;
  history: History;
  sending: Sending;
}): Record<string, InternalEndpoint> {
  return {
    '/messages': endpoint(sendBatchRequest, async ({ messages }) => ({ results: await sending.push(messages) })),
    '/membership': endpoint(membershipRequest, async ({ chatRoomId, userId }) => {
      const participants = await rooms.assertParticipant(chatRoomId, userId);
      return { chatRoomId, participants, lastSeq: await heads.lastSeq(new Types.ObjectId(chatRoomId)) };
    }),
    '/history': endpoint(historyRequest, async ({ chatRoomId, userId, page }) => ({
      chatRoomId,
      messages: await history.page(chatRoomId, userId, page),
    })),
    '/read': endpoint(markReadRequest, ({ chatRoomId, userId, seq }) => rooms.markRead(chatRoomId, userId, seq)),
    '/resume': endpoint(chatResumeRequest, ({ userId, rooms: points }) => history.resume(userId, points)),
    '/unread': endpoint(userRequest, async ({ userId }) => ({ unread: await rooms.unread(userId) })),
  };
}
