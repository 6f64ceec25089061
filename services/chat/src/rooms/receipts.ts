import type { PersonRecord } from '@linsta/contracts/internal';
import type { UserDirectory } from '@linsta/mongo';

/** Whether this user neither shows nor sees read and delivered marks. */
export const hidesReceipts = ({ privacy }: PersonRecord): boolean => privacy?.readReceipts === false;

/** Who of the participants may know the marks of a user; the user's own devices always do. */
export const createAudience =
  (directory: UserDirectory) =>
  async (participants: string[], userId: string): Promise<string[]> => {
    const names = await directory.names(participants);
    if (hidesReceipts(names(userId))) return [userId];
    return participants.filter((id) => id === userId || !hidesReceipts(names(id)));
  };
export type Audience = ReturnType<typeof createAudience>;
