import type { EarlierText } from '@linsta/contracts';
import { notFound } from '@linsta/core';
import { trusted, Types } from 'mongoose';
import type { ChatModels, MessageDocument } from '../model';
import type { Participants } from '../rooms/participants';

/** The texts that edits replaced: nothing that was sent is ever deleted. */
export function createEarlierTexts({ models, participants }: { models: ChatModels; participants: Participants }) {
  const { Messages, EarlierTexts } = models;
  return {
    /** Oldest first. Throws 404 or 403. */
    async list(chatRoomId: string, userId: string, seq: number): Promise<EarlierText[]> {
      await participants.assertParticipant(chatRoomId, userId);
      const message = await Messages.findOne({ chatRoomId: new Types.ObjectId(chatRoomId), seq }, { edits: 1, chatRoomId: 1 }).lean();
      if (message === null) throw notFound('Message');
      const found = await EarlierTexts.find({
        chatRoomId: message.chatRoomId,
        messageId: message._id,
        version: trusted({ $lt: message.edits ?? 0 }),
      })
        .sort({ version: 1 })
        .lean();
      return found.map(({ text, writtenAt }) => ({ text, writtenAt: writtenAt.toISOString() }));
    },
    /** The text with which a message was sent. */
    async sentText({ chatRoomId, _id, text, edits }: MessageDocument): Promise<string> {
      if (edits === undefined) return text;
      return (await EarlierTexts.findOne({ chatRoomId, messageId: _id, version: 0 }).lean())?.text ?? text;
    },
  };
}
export type EarlierTexts = ReturnType<typeof createEarlierTexts>;
