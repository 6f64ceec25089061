import type { OutboxChange, OutboxEntry } from '../outbox/types.js';
import type { MessageView, Reaction, SentMessage } from './types.js';

/** How many of the newest stored messages may be in the outbox still. */
const RECENT = 500;

const toView = (entry: OutboxEntry, senderName: string): MessageView => ({
  key: `${entry.userId} ${entry.clientMessageId}`,
  chatRoomId: entry.chatRoomId,
  senderId: entry.userId,
  senderName,
  text: entry.text,
  createdAt: entry.createdAt,
  clientMessageId: entry.clientMessageId,
  ...(entry.replyTo !== undefined && { replyTo: entry.replyTo }),
  ...(entry.error === undefined ? { status: 'sending' } : { status: 'failed', error: entry.error }),
});

function withReaction(reactions: readonly Reaction[], { emoji, on }: Extract<OutboxChange, { kind: 'react' }>, userId: string): Reaction[] {
  const known = reactions.find((reaction) => reaction.emoji === emoji);
  const others = known?.userIds.filter((id) => id !== userId) ?? [];
  // A user who has reacted keeps the place.
  if (on && known?.userIds.includes(userId) === true) return [...reactions];
  const userIds = on ? [...others, userId] : others;
  if (known === undefined) return on ? [...reactions, { emoji, userIds }] : [...reactions];
  return reactions
    .map((reaction) => (reaction === known ? { emoji, userIds } : reaction))
    .filter((reaction) => reaction.userIds.length > 0);
}

/** A stored message as it will be when the unsent change is stored; a refused edit is beside it. */
function withChange(message: SentMessage, { change, error, userId }: OutboxEntry): SentMessage {
  if (change === undefined) return message;
  if (change.kind === 'react') return { ...message, reactions: withReaction(message.reactions, change, userId) };
  const edit = { text: change.text, ...(error !== undefined && { error }) };
  return error === undefined ? { ...message, text: change.text, edit } : { ...message, edit };
}

/** Stored messages with the unsent changes to them, then the unsent messages. Pure. */
export function shownMessages(held: readonly SentMessage[], entries: readonly OutboxEntry[], ownName: string): MessageView[] {
  const changes = entries.filter(({ change }) => change !== undefined);
  const sent: MessageView[] = [...held];
  const lowest = held[0]?.seq ?? 0;
  for (const entry of changes) {
    const at = (entry.change?.seq ?? 0) - lowest;
    const message = sent[at];
    if (message?.status === 'sent') sent[at] = withChange(message, entry);
  }
  const stored = new Set(held.slice(-RECENT).map(({ key }) => key));
  const unsent = entries
    .filter(({ change }) => change === undefined)
    .map((entry) => toView(entry, ownName))
    .filter(({ key }) => !stored.has(key));
  return [...sent, ...unsent];
}
