import { readStored, store } from '../ui/safe-storage';

const keyOf = (userId: string, chatRoomId: string) => `linsta.draft.${userId}.${chatRoomId}`;

/** Typed and not sent, kept per person and room; it survives a sign-out. */
export const readDraft = (userId: string, chatRoomId: string): string => readStored(keyOf(userId, chatRoomId)) ?? '';

export const keepDraft = (userId: string, chatRoomId: string, text: string): void =>
  store(keyOf(userId, chatRoomId), text === '' ? undefined : text);
