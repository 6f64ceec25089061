import { AppError } from '@linsta/core';
import type { ChatClient } from '../clients/chat';
import type { NotificationClient } from '../clients/notification';
import type { Push } from '../push';
import { chatRoom } from '../rooms';
import type { RealtimeSocket } from '../server';
import type { SocketHandlers } from './handlers';

const MAX_JOINED = 500;

export const joinedRooms = (socket: RealtimeSocket) =>
  [...socket.rooms].filter((room) => room.startsWith('room:')).map((room) => room.slice('room:'.length));

export function createChatHandlers({
  chat,
  notifications,
  push,
}: {
  chat: ChatClient;
  notifications: NotificationClient;
  push: Push;
}): SocketHandlers<'join_room' | 'leave_room' | 'send_message' | 'get_history' | 'mark_read' | 'resume'> {
  return {
    async join_room(socket, { chatRoomId }) {
      const { userId } = socket.data.identity;
      const { lastSeq } = await chat.membership(chatRoomId, userId);
      const room = chatRoom(chatRoomId);
      if (!socket.rooms.has(room)) {
        if (joinedRooms(socket).length >= MAX_JOINED) throw new AppError('TOO_MANY_ROOMS', `A socket joins at most ${MAX_JOINED} rooms`);
        await socket.join(room);
        socket.to(room).emit('user_joined', { chatRoomId, userId });
      }
      return { chatRoomId, lastSeq };
    },
    async leave_room(socket, { chatRoomId }) {
      const { userId } = socket.data.identity;
      if (socket.rooms.has(chatRoom(chatRoomId))) {
        await socket.leave(chatRoom(chatRoomId));
        socket.to(chatRoom(chatRoomId)).emit('user_left', { chatRoomId, userId });
      }
      return { chatRoomId };
    },
    async send_message(socket, { chatRoomId, text, clientMessageId, replyTo }) {
      const outcome = await chat.send({
        chatRoomId,
        senderId: socket.data.identity.userId,
        text,
        ...(clientMessageId !== undefined && { clientMessageId }),
        ...(replyTo !== undefined && { replyTo }),
      });
      // A repeat was broadcast when it was first stored.
      if (!outcome.duplicate) push(outcome.participants, 'receive_message', outcome.message);
      return { message: outcome.message };
    },
    get_history: (socket, { chatRoomId, limit, skip, beforeSeq, afterSeq }, flow) =>
      flow.whenDrained(async (drained) => {
        const page = await chat.history(chatRoomId, socket.data.identity.userId, {
          limit,
          skip,
          ...(beforeSeq !== undefined && { beforeSeq }),
          ...(afterSeq !== undefined && { afterSeq }),
        });
        socket.emit('message_history', page);
        await drained();
        return page;
      }),
    async mark_read(socket, { chatRoomId, seq }) {
      const { userId } = socket.data.identity;
      const { moved, participants, readSeq, unreadCount } = await chat.markRead(chatRoomId, userId, seq);
      if (moved) push(participants, 'room_read', { chatRoomId, userId, readSeq });
      return { chatRoomId, readSeq, unreadCount };
    },
    resume: (socket, { rooms, notificationsAfter }, flow) =>
      flow.whenDrained(async () => {
        const { userId } = socket.data.identity;
        const [messages, missed] = await Promise.all([chat.resume(userId, rooms), notifications.resume(userId, notificationsAfter)]);
        return {
          rooms: messages.rooms,
          notifications: missed.notifications,
          notificationsReset: missed.reset,
          unread: { chat: messages.unread, notifications: missed.unread },
        };
      }),
  };
}
