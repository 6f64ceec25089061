import { z } from 'zod';
import { isoTime, objectId } from './common';

export const messageSeq = z.number().int().min(1).max(Number.MAX_SAFE_INTEGER);
/** A watermark or resume point; 0 is "nothing yet". */
export const watermark = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

/** Different emoji on one message. */
export const MAX_REACTIONS = 20;
/** Earlier texts of one message. */
export const MAX_EDITS = 50;

/** No emoji is longer, in UTF-16 units. */
const LONGEST_EMOJI = 64;
let oneEmoji: RegExp | undefined;
/**
 * Whether a text is one emoji that is recommended for general interchange, e.g. a flag or a family.
 */
export function isEmoji(text: string): boolean {
  // Made at the first call: browsers without the flag `v` still load this module.
  oneEmoji ??= new RegExp('^\\p{RGI_Emoji}$', 'v');
  return text.length <= LONGEST_EMOJI && oneEmoji.test(text);
}
export const emoji = z
  .string()
  .refine(isEmoji, 'must be one emoji')
  .meta({ examples: ['👍'] });

/** Users in the order in which they reacted. */
export const reaction = z.object({ emoji: z.string(), userIds: z.array(objectId) }).meta({ id: 'Reaction' });
/** The message that another one answers, as it was then. */
export const quote = z.object({ seq: messageSeq, senderId: objectId, excerpt: z.string() }).meta({ id: 'Quote' });
/** An earlier text of an edited message. */
export const earlierText = z.object({ text: z.string(), writtenAt: isoTime }).meta({ id: 'EarlierText' });

/** What a message has in addition once it answers another one or was changed; absent before. */
export const messageChanges = {
  replyTo: quote.optional(),
  /** The number of the latest change in its room. */
  rev: messageSeq.optional(),
  reactions: z.array(reaction).optional(),
  editedAt: isoTime.optional(),
};

export const reactBody = z.strictObject({ emoji, on: z.boolean() });
export const reactPayload = z.strictObject({ chatRoomId: objectId, seq: messageSeq, emoji, on: z.boolean() });

export const deliveredMark = z.strictObject({ chatRoomId: objectId, seq: watermark });
export const markDeliveredPayload = z.strictObject({ rooms: z.array(deliveredMark).min(1).max(100) });

export type Reaction = z.infer<typeof reaction>;
export type Quote = z.infer<typeof quote>;
export type EarlierText = z.infer<typeof earlierText>;
export type DeliveredMark = z.infer<typeof deliveredMark>;
