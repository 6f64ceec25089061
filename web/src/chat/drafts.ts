const keyOf = (userId: string, chatRoomId: string) => `linsta.draft.${userId}.${chatRoomId}`;

/** What was typed and not sent, kept per person and room. */
export const readDraft = (userId: string, chatRoomId: string): string => localStorage.getItem(keyOf(userId, chatRoomId)) ?? '';

export function keepDraft(userId: string, chatRoomId: string, text: string): void {
  if (text === '') localStorage.removeItem(keyOf(userId, chatRoomId));
  else localStorage.setItem(keyOf(userId, chatRoomId), text);
}
