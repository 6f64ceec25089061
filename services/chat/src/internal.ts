import {
  changeBatchRequest,
  chatResumeRequest,
  historyRequest,
  markBatchRequest,
  markReadRequest,
  membershipRequest,
  sendBatchRequest,
  serverMessageRequest,
  serverRoomRequest,
  userRequest,
} from '@linsta/contracts/internal';
import { endpoint, type InternalEndpoint } from '@linsta/http';
import { Types } from 'mongoose';
import type { Changing } from './messages/change';
import type { History } from './messages/history';
import type { Resume } from './messages/resume';
import type { Sending } from './messages/send';
import type { Sequence } from './messages/sequence';
import type { Delivered } from './rooms/delivered';
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
  changing: Changing;
  delivered: Delivered;
  rooms: Rooms;
  sendAndPush: SendAndPush;
}): Record<string, InternalEndpoint> {
  const { participants, reads, sequence, history, resume, sending, changing, delivered, rooms, sendAndPush } = options;
  return {
    '/messages': endpoint(sendBatchRequest, async ({ messages }) => ({ results: await sending.push(messages) })),
    '/changes': endpoint(changeBatchRequest, async ({ changes }) => ({ results: await changing.push(changes) })),
    '/marks-delivered': endpoint(markBatchRequest, async ({ marks }) => ({ results: await delivered.push(marks) })),
    '/membership': endpoint(membershipRequest, async ({ chatRoomId, userId }) => {
      const members = await participants.assertParticipant(chatRoomId, userId);
      return { chatRoomId, participants: members, lastSeq: await sequence.lastStored(new Types.ObjectId(chatRoomId)) };
    }),
    '/participants': endpoint(membershipRequest, async ({ chatRoomId, userId }) => ({
      participants: await participants.assertParticipant(chatRoomId, userId),
    })),
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
