import type { AnyBusEvent } from '@linsta/contracts';
import { toBusEvent, type EventBus } from '@linsta/bus';
import { createRelay, type Logger } from '@linsta/core';
import { trusted } from 'mongoose';
import { excerptOf, type ChatModels, type MessageDocument } from '../model';
import type { Participants } from '../rooms/participants';

const SWEEP_MS = 5_000;
const SETTLE_MS = 10_000;
const BATCH = 500;

export interface SentMessage {
  message: MessageDocument;
  participants: string[];
}

function toMessageSent({ message, participants }: SentMessage): AnyBusEvent {
  const senderId = message.senderId.toHexString();
  return toBusEvent(
    'chat',
    'MESSAGE_SENT',
    `message:${message._id.toHexString()}`,
    {
      chatRoomId: message.chatRoomId.toHexString(),
      messageId: message._id.toHexString(),
      seq: message.seq,
      senderId,
      recipientIds: participants.filter((id) => id !== senderId),
      excerpt: excerptOf(message.text),
    },
    message.createdAt,
  );
}

/**
 * Publishes MESSAGE_SENT for stored messages in batches, at least once. One update per batch
 * removes the mark `outboxAt` from the messages.
 */
export function createMessageSentRelay(options: {
  enabled: boolean;
  models: ChatModels;
  participants: Participants;
  bus: EventBus;
  logger: Logger;
}) {
  const { enabled, bus } = options;
  const { Messages } = options.models;

  const withParticipants = async (messages: MessageDocument[]): Promise<SentMessage[]> => {
    const members = await options.participants.of(messages.map((message) => message.chatRoomId.toHexString()));
    return messages.map((message) => ({ message, participants: members.get(message.chatRoomId.toHexString()) ?? [] }));
  };
  const relay = createRelay<SentMessage>({
    name: 'MESSAGE_SENT',
    logger: options.logger,
    keyOf: ({ message }) => message._id.toHexString(),
    find: async (markedBefore, skip, limit) =>
      withParticipants(
        await Messages.find({ outboxAt: trusted({ $lte: markedBefore }) })
          .sort({ outboxAt: 1 })
          .skip(skip)
          .limit(limit)
          .lean(),
      ),
    async process(batch) {
      await Promise.all(batch.map((sent) => bus.publish(toMessageSent(sent))));
      await Messages.collection.updateMany(
        { chatRoomId: { $in: batch.map(({ message }) => message.chatRoomId) }, _id: { $in: batch.map(({ message }) => message._id) } },
        { $unset: { outboxAt: 1 } },
      );
    },
    batchSize: BATCH,
    concurrency: 1,
    sweepMs: SWEEP_MS,
    settleMs: SETTLE_MS,
  });

  return {
    enabled,
    /** Returns at once. */
    offer(sent: SentMessage[]): void {
      if (enabled && sent.length > 0) relay.offer(sent);
    },
    start(): void {
      if (enabled) relay.start();
    },
    stop: () => relay.stop(),
  };
}
export type MessageSentRelay = ReturnType<typeof createMessageSentRelay>;
