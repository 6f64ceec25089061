import type { ReceivedMessage } from '@linsta/contracts';
import type { BatchedChange } from '@linsta/contracts/internal';
import type { ChatClient } from '../clients/chat';
import type { Push } from '../push';
import type { SocketHandlers } from './handlers';

/** Reactions, edits and delivered marks. */
export function createChangeHandlers({
  chat,
  push,
}: {
  chat: ChatClient;
  push: Push;
}): SocketHandlers<'react' | 'edit_message' | 'mark_delivered'> {
  const change = async (wanted: BatchedChange): Promise<{ message: ReceivedMessage }> => {
    const { message, participants, pushed } = await chat.change(wanted);
    const { chatRoomId, rev } = message;
    if (pushed && rev !== undefined) push(participants, 'message_changed', { chatRoomId, rev, message });
    return { message };
  };
  return {
    react: (socket, payload) => change({ kind: 'react', ...payload, userId: socket.data.identity.userId }),
    edit_message: (socket, payload) => change({ kind: 'edit', ...payload, userId: socket.data.identity.userId }),
    /** Every mark is tried; the first refusal is the answer. */
    async mark_delivered(socket, { rooms }) {
      const { userId } = socket.data.identity;
      const outcomes = await Promise.allSettled(
        rooms.map(async (mark) => {
          const { deliveredSeq, audience } = await chat.markDelivered({ ...mark, userId });
          if (audience.length > 0) push(audience, 'room_delivered', { chatRoomId: mark.chatRoomId, userId, deliveredSeq });
        }),
      );
      for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
      return {};
    },
  };
}
