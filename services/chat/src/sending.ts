import { MAX_BATCH, type BatchedSend, type SendOutcome } from '@linsta/contracts';
import { AppError, notFound, toAppError, unavailable, internalError, type Logger } from '@linsta/core';
import { createBatchQueue } from '@linsta/http';
import type { UserDirectory } from '@linsta/mongo';
import type { Heads } from './heads';
import type { MessageSentRelay } from './message-sent';
import { toReceivedMessage, type ChatModels, type MessageDocument } from './model';
import type { Rooms } from './rooms';
import { createStoring, type Pending } from './storing';

const failed = (error: AppError): SendOutcome => ({ ok: false, error: { code: error.code, message: error.message, status: error.status } });

/**
 * All sends of this process go through one line, one batch at a time, so they clash only with other chat nodes; each gets its own outcome.
 */
export function createSending(options: {
  models: ChatModels;
  heads: Heads;
  rooms: Rooms;
  directory: UserDirectory;
  relay: MessageSentRelay;
  logger: Logger;
  now: () => Date;
  maxWaiting: number;
}) {
  const storing = createStoring({ ...options, relayed: options.relay.enabled });

  const store = async (batch: BatchedSend[]): Promise<SendOutcome[]> => {
    const members = await options.rooms.participants(batch.map((send) => send.chatRoomId));
    const byRoom = new Map<string, Pending[]>();
    const all = batch.map((send): Pending => {
      const participants = members.get(send.chatRoomId);
      const pending: Pending = { send, participants: participants ?? [] };
      if (participants === undefined) pending.failure = notFound('Chat room');
      else if (!participants.includes(send.senderId)) pending.failure = new AppError('NOT_A_PARTICIPANT', 'User not a participant');
      else {
        const sends = byRoom.get(send.chatRoomId);
        if (sends === undefined) byRoom.set(send.chatRoomId, [pending]);
        else sends.push(pending);
      }
      return pending;
    });

    await storing.store(byRoom);

    const fresh = all.filter((pending) => pending.stored !== undefined && pending.duplicate !== true);
    // Repeats as well: the first may have been stored by a process that died before it raised its room.
    options.heads.raise(all.flatMap(({ stored }) => stored ?? []));
    const names = await options.directory.names(
      new Set(all.flatMap(({ stored }) => (stored === undefined ? [] : [stored.senderId.toHexString()]))),
    );
    options.relay.offer(fresh.map(({ stored, participants }) => ({ message: stored as MessageDocument, participants })));
    return all.map(({ stored, failure, participants, duplicate }) =>
      stored !== undefined
        ? { ok: true, message: toReceivedMessage(stored, names), participants, duplicate: duplicate === true }
        : failed(failure ?? unavailable('The message was not stored')),
    );
  };

  const link = createBatchQueue<BatchedSend, SendOutcome>({ send: store, maxBatch: MAX_BATCH, maxWaiting: options.maxWaiting });
  return {
    /** One outcome per send, in order; an outage answers each with a 503-class failure. */
    push: (sends: BatchedSend[]): Promise<SendOutcome[]> =>
      Promise.all(
        sends.map((send) =>
          link.push(send).catch((error: unknown): SendOutcome => {
            const known = toAppError(error);
            if (known === undefined) options.logger.error({ err: error }, 'a batch of messages failed');
            return failed(known ?? internalError());
          }),
        ),
      ),
    idle: () => link.idle(),
  };
}
export type Sending = ReturnType<typeof createSending>;
