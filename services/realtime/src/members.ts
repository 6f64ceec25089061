import { AppError } from '@linsta/core';
import { LRUCache } from 'lru-cache';
import type { ChatClient } from './clients/chat';

const MAX_ROOMS = 50_000;

/** Participants of chat rooms. They never change, so a kept entry is never stale. */
export function createMembers({ chat }: { chat: Pick<ChatClient, 'participants'> }) {
  const kept = new LRUCache<string, string[]>({ max: MAX_ROOMS });
  return {
    /** The other participants. Throws 404 or 403. */
    async othersOf(chatRoomId: string, userId: string): Promise<string[]> {
      const known = kept.get(chatRoomId);
      if (known?.includes(userId) === false) throw new AppError('NOT_A_PARTICIPANT', 'User not a participant');
      const members = known ?? (await chat.participants(chatRoomId, userId));
      if (known === undefined) kept.set(chatRoomId, members);
      return members.filter((id) => id !== userId);
    },
  };
}
export type Members = ReturnType<typeof createMembers>;
