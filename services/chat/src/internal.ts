import {
  chatResumeRequest,
  historyRequest,
  markReadRequest,
  membershipRequest,
  sendBatchRequest,
  serverMessageRequest,
  serverRoomRequest,
  userRequest,
} from '@linsta/contracts/internal';
import { endpoint, type InternalEndpoint } from '@linsta/http';
import { Types } from 'mongoose';
import type { History } from './messages/history';
import type { Resume } from './messages/resume';
import type { Sending } from './messages/send';
import type { Sequence } from './messages/sequence';
import type { Participants } from './rooms/participants';
import type { SendAndPush } from './messages/send-and-push';
import type { Reads } from './rooms/reads';
import type { Rooms } from './rooms/rooms';

/**
 * Calls of realtime. It has verified who the user is; whether the user is permitted is decided
 * here.
 */
export function createEndpoints(options: {
  participants: Participants;
  reads: Reads;
  sequence: Sequence;
  history: History;
  resume: Resume;
  sending: Sending;
  rooms: Rooms;
  sendAndPush: SendAndPush;
}): Record<string, InternalEndpoint> {
  const { participants, reads, sequence, history, resume, sending, rooms, sendAndPush } = options;
  return {
    '/messages': endpoint(sendBatchRequest, async ({ messages }) => ({ results: await sending.push(messages) })),
    '/membership': endpoint(membershipRequest, async ({ chatRoomId, userId }) => {
      const members = await participants.assertParticipant(chatRoomId, userId);
      return { chatRoomId, participants: members, lastSeq: await sequence.lastStored(new Types.ObjectId(chatRoomId)) };
    }),
    '/history': endpoint(historyRequest, async ({ chatRoomId, userId, page }) => ({
      chatRoomId,
      messages: await history.page(chatRoomId, userId, page),
    })),
    '/read': endpoint(markReadRequest, ({ chatRoomId, userId, seq }) => reads.mark(chatRoomId, userId, seq)),
    '/resume': endpoint(chatResumeRequest, ({ userId, rooms }) => resume(userId, rooms)),
    // Of servers: the gateway has verified their API key.
    '/server/rooms': endpoint(serverRoomRequest, ({ userIds: [userId, otherUserId] }) => rooms.openFor(userId, otherUserId)),
    '/server/messages': endpoint(serverMessageRequest, (message) => sendAndPush(message)),
    '/unread': endpoint(userRequest, async ({ userId }) => ({ unread: await reads.unread(userId) })),
  };
}
