import type { AnyBusEvent } from '@linsta/contracts';
import { toBusEvent, type EventBus } from '@linsta/bus';
import type { Logger } from '@linsta/core';
import { trusted } from 'mongoose';
import type { ChatModels, MessageDocument } from './model';
import type { Rooms } from './rooms';

const EXCERPT = 140;
const SWEEP_MS = 5_000;
const SETTLE_MS = 10_000;
const SWEEP_BATCH = 500;

interface Sent {
  message: MessageDocument;
  participants: string[];
}

const toMessageSent = ({ message, participants }: Sent): AnyBusEvent => {
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
      excerpt: [...message.text].slice(0, EXCERPT).join(''),
    },
    message.createdAt,
  );
};

/** Tells the bus of stored messages in batches, at least once; the mark `outboxAt` on the message is taken off by one update per batch. */
export function createMessageSentRelay(options: { enabled: boolean; models: ChatModels; rooms: Rooms; bus: EventBus; logger: Logger }) {
  const { Messages } = options.models;
  const queue: Sent[] = [];
  let running: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  const publish = async (batch: Sent[]) => {
    await Promise.all(batch.map((sent) => options.bus.publish(toMessageSent(sent))));
    await Messages.collection.updateMany(
      { chatRoomId: { $in: batch.map(({ message }) => message.chatRoomId) }, _id: { $in: batch.map(({ message }) => message._id) } },
      { $unset: { outboxAt: 1 } },
    );
  };
  const run = async () => {
    while (queue.length > 0 && !stopped) {
      const batch = queue.splice(0, SWEEP_BATCH);
      await publish(batch).catch((error: Error) => options.logger.warn({ err: error.message }, 'MESSAGE_SENT waits for the next sweep'));
    }
    running = undefined;
  };
  const offer = (sent: Sent[]) => {
    if (!options.enabled || stopped || sent.length === 0) return;
    // While the bus is away the database keeps them; memory holds no more than this.
    if (queue.length < 20 * SWEEP_BATCH) queue.push(...sent);
    running ??= run();
  };
  const sweep = async (olderThanMs: number) => {
    if (running !== undefined || stopped) return;
    try {
      const left = await Messages.find({ outboxAt: trusted({ $lte: new Date(Date.now() - olderThanMs) }) })
        .sort({ outboxAt: 1 })
        .limit(SWEEP_BATCH)
        .lean();
      const members = await options.rooms.participants(left.map((message) => message.chatRoomId.toHexString()));
      offer(left.map((message) => ({ message, participants: members.get(message.chatRoomId.toHexString()) ?? [] })));
    } catch (error) {
      options.logger.warn({ err: (error as Error).message }, 'MESSAGE_SENT sweep failed');
    }
  };

  return {
    enabled: options.enabled,
    offer,
    start() {
      if (!options.enabled) return;
      void sweep(0);
      timer = setInterval(() => void sweep(SETTLE_MS), SWEEP_MS);
      timer.unref();
    },
    async stop() {
      clearInterval(timer);
      await Promise.race([running, new Promise((resolve) => setTimeout(resolve, 2_000).unref())]);
      stopped = true;
    },
  };
}
export type MessageSentRelay = ReturnType<typeof createMessageSentRelay>;
