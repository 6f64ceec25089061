import type { ReceivedMessage } from '@linsta/contracts';
import type { BatchedChange } from '@linsta/contracts/internal';
import { internalError } from '@linsta/core';
import type { RealtimeClient } from '../clients/realtime';
import { toRefusal } from '../refusal';
import type { Changing } from './change';

/** Makes one change that came over REST, and pushes the present state to the participants. */
export const createChangeAndPush =
  ({ changing, realtime }: { changing: Changing; realtime: RealtimeClient }) =>
  async (change: BatchedChange): Promise<ReceivedMessage> => {
    const [outcome] = await changing.push([change]);
    if (outcome === undefined) throw internalError();
    if (!outcome.ok) throw toRefusal(outcome.error);
    const { message, participants, pushed } = outcome;
    const { chatRoomId, rev } = message;
    if (pushed && rev !== undefined)
      realtime.broadcast({ event: 'message_changed', userIds: participants, payload: { chatRoomId, rev, message } });
    return message;
  };
export type ChangeAndPush = ReturnType<typeof createChangeAndPush>;
