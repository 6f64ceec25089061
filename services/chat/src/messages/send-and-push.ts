import type { ReceivedMessage } from '@linsta/contracts';
import type { RealtimeClient } from '../clients/realtime';
import { toRefusal } from '../refusal';
import type { Sending } from './send';

interface Send {
  chatRoomId: string;
  senderId: string;
  text: string;
  clientMessageId?: string | undefined;
  replyTo?: number | undefined;
}

/** Stores one message that came over REST, and pushes it to the participants. */
export const createSendAndPush =
  ({ sending, realtime }: { sending: Sending; realtime: RealtimeClient }) =>
  async ({ clientMessageId, replyTo, ...send }: Send): Promise<ReceivedMessage> => {
    const optional = { ...(clientMessageId !== undefined && { clientMessageId }), ...(replyTo !== undefined && { replyTo }) };
    const [outcome] = await sending.push([{ ...send, ...optional }]);
    if (outcome?.ok !== true) throw toRefusal(outcome?.error ?? { code: 'UNAVAILABLE', message: 'The message was not stored' });
    if (!outcome.duplicate) realtime.broadcast({ event: 'receive_message', userIds: outcome.participants, payload: outcome.message });
    return outcome.message;
  };
export type SendAndPush = ReturnType<typeof createSendAndPush>;
