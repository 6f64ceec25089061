import { chatResumeRequest, historyRequest, markReadRequest, membershipRequest, sendBatchRequest, userRequest } from '@linsta/contracts';
import { door, type InternalDoor } from '@linsta/server';
import { Types } from 'mongoose';
import type { Heads } from './heads';
import type { History } from './history';
import type { Rooms } from './rooms';
import type { Sending } from './sending';

/** What realtime asks. Who the user is was verified there; whether he may is decided here. */
export function createDoors({
  rooms,
  heads,
  history,
  sending,
}: {
  rooms: Rooms;
  heads: Heads;
  history: History;
  sending: Sending;
}): Record<string, InternalDoor> {
  return {
    '/messages': door(sendBatchRequest, async ({ messages }) => ({ results: await sending.push(messages) })),
    '/membership': door(membershipRequest, async ({ chatRoomId, userId }) => {
      const participants = await rooms.assertParticipant(chatRoomId, userId);
      return { chatRoomId, participants, lastSeq: await heads.lastSeq(new Types.ObjectId(chatRoomId)) };
    }),
    '/history': door(historyRequest, async ({ chatRoomId, userId, page }) => ({
      chatRoomId,
      messages: await history.page(chatRoomId, userId, page),
    })),
    '/read': door(markReadRequest, ({ chatRoomId, userId, seq }) => rooms.markRead(chatRoomId, userId, seq)),
    '/resume': door(chatResumeRequest, ({ userId, rooms: points }) => history.resume(userId, points)),
    '/unread': door(userRequest, async ({ userId }) => ({ unread: await rooms.unread(userId) })),
  };
}
