import type { BatchedSend } from '@linsta/contracts/internal';
import { addTo, notFound, type AppError } from '@linsta/core';
import { trusted, Types } from 'mongoose';
import { excerptOf, type ChatModels, type QuoteDocument } from '../model';

/** A send with what it quotes. */
export type QuotingSend = BatchedSend & { quote?: QuoteDocument };

/**
 * Finds the messages that sends answer: one query per room that has answers in the batch, and none
 * for other sends.
 */
export function createQuotes({ Messages }: Pick<ChatModels, 'Messages'>) {
  return async (sends: BatchedSend[]): Promise<(QuotingSend | AppError)[]> => {
    if (sends.every(({ replyTo }) => replyTo === undefined)) return sends;
    const wanted = new Map<string, number>();
    const rooms = new Map<string, number[]>();
    for (const { chatRoomId, replyTo } of sends) if (replyTo !== undefined) addTo(rooms, chatRoomId, replyTo);
    const found = await Promise.all(
      [...rooms].map(([chatRoomId, seqs]) =>
        Messages.find(
          { chatRoomId: new Types.ObjectId(chatRoomId), seq: trusted({ $in: [...new Set(seqs)] }) },
          { chatRoomId: 1, seq: 1, senderId: 1, text: 1 },
        ).lean(),
      ),
    );
    const messages = found.flat();
    messages.forEach(({ chatRoomId, seq }, at) => wanted.set(`${chatRoomId.toHexString()} ${seq}`, at));
    return sends.map((send) => {
      if (send.replyTo === undefined) return send;
      const message = messages[wanted.get(`${send.chatRoomId} ${send.replyTo}`) ?? -1];
      if (message === undefined) return notFound('Message');
      return { ...send, quote: { seq: message.seq, senderId: message.senderId, excerpt: excerptOf(message.text) } };
    });
  };
}
export type Quotes = ReturnType<typeof createQuotes>;
