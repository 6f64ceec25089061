import type { BatchedSend, SendOutcome } from '@linsta/contracts/internal';
import { itemAt, AppError, type Logger } from '@linsta/core';
import type { UserDirectory } from '@linsta/mongo';
import { toReceivedMessage, type MessageDocument } from '../model';
import { createOutcomeQueue, failed } from '../outcomes';
import { refusalOf, type Participants } from '../rooms/participants';
import type { Summaries } from '../rooms/summaries';
import type { Insert } from './insert';
import type { Quotes, QuotingSend } from './quotes';
import type { MessageSentRelay, SentMessage } from './publish';

/**
 * All sends of this process pass one queue, one batch at a time, so that they compete for numbers
 * only with other chat processes. Each send has its own outcome.
 */
export function createSending(options: {
  insert: Insert;
  quotes: Quotes;
  participants: Participants;
  summaries: Summaries;
  directory: UserDirectory;
  relay: MessageSentRelay;
  logger: Logger;
  maxWaiting: number;
}) {
  const { insert, quotes, participants, summaries, directory, relay } = options;

  const sendBatch = async (batch: BatchedSend[]): Promise<SendOutcome[]> => {
    const members = await participants.of(batch.map((send) => send.chatRoomId));
    const permitted = batch.filter((send) => refusalOf(members.get(send.chatRoomId), send.senderId) === undefined);
    const quoting = new Map((await quotes(permitted)).map((quoted, at) => [permitted[at], quoted]));
    const refusals = batch.map((send) => {
      const quoted = quoting.get(send);
      return quoted instanceof AppError ? quoted : refusalOf(members.get(send.chatRoomId), send.senderId);
    });
    const outcomes = await insert([...quoting.values()].filter((quoted): quoted is QuotingSend => !(quoted instanceof AppError)));

    const stored: MessageDocument[] = [];
    const fresh: SentMessage[] = [];
    for (const outcome of outcomes) {
      if (!outcome.ok) continue;
      const { message, duplicate } = outcome;
      stored.push(message);
      if (!duplicate && relay.enabled) fresh.push({ message, participants: members.get(message.chatRoomId.toHexString()) ?? [] });
    }
    // Repeats as well: the process that stored the first one may have died before it updated the
    // summary.
    summaries.update(stored);
    const names = await directory.names(new Set(stored.map(({ senderId }) => senderId.toHexString())));
    relay.offer(fresh);

    let next = 0;
    return batch.map((send, at): SendOutcome => {
      const refusal = refusals[at];
      if (refusal !== undefined) return failed(refusal);
      const outcome = itemAt(outcomes, next);
      next += 1;
      if (!outcome.ok) return failed(outcome.error);
      return {
        ok: true,
        message: toReceivedMessage(outcome.message, names),
        participants: members.get(send.chatRoomId) ?? [],
        duplicate: outcome.duplicate,
      };
    });
  };

  return createOutcomeQueue<BatchedSend, SendOutcome>({
    name: 'message batch',
    send: sendBatch,
    maxWaiting: options.maxWaiting,
    logger: options.logger,
  });
}
export type Sending = ReturnType<typeof createSending>;
