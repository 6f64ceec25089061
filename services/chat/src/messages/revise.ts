import { MAX_EDITS, MAX_REACTIONS } from '@linsta/contracts';
import type { BatchedChange } from '@linsta/contracts/internal';
import { AppError, notFound } from '@linsta/core';
import { Types } from 'mongoose';
import type { MessageDocument, ReactionDocument } from '../model';

type Reaction = Extract<BatchedChange, { kind: 'react' }>;
type Edit = Extract<BatchedChange, { kind: 'edit' }>;

/** A text that an edit replaced; `version` counts the edits before it. */
export interface Replaced {
  version: number;
  text: string;
  writtenAt: Date;
}

function withReaction(reactions: readonly ReactionDocument[], emoji: string, userId: Types.ObjectId): ReactionDocument[] {
  const known = reactions.find((reaction) => reaction.emoji === emoji);
  if (known !== undefined)
    return reactions.map((reaction) => (reaction === known ? { emoji, userIds: [...reaction.userIds, userId] } : reaction));
  if (reactions.length >= MAX_REACTIONS) throw new AppError('REACTION_LIMIT', `A message has at most ${MAX_REACTIONS} different reactions`);
  return [...reactions, { emoji, userIds: [userId] }];
}

const withoutReaction = (reactions: readonly ReactionDocument[], emoji: string, userId: Types.ObjectId): ReactionDocument[] =>
  reactions
    .map((reaction) => (reaction.emoji === emoji ? { emoji, userIds: reaction.userIds.filter((id) => !id.equals(userId)) } : reaction))
    .filter(({ userIds }) => userIds.length > 0);

function react(message: MessageDocument, { emoji, on, userId }: Reaction): MessageDocument {
  const { reactions = [], ...rest } = message;
  const user = new Types.ObjectId(userId);
  const isOn = reactions.some((reaction) => reaction.emoji === emoji && reaction.userIds.some((id) => id.equals(user)));
  if (isOn === on) return message;
  const next = on ? withReaction(reactions, emoji, user) : withoutReaction(reactions, emoji, user);
  return next.length === 0 ? rest : { ...rest, reactions: next };
}

function edit(message: MessageDocument, { text, userId }: Edit, { now, windowSeconds }: ReviseOptions): MessageDocument {
  if (!message.senderId.equals(userId)) throw new AppError('NOT_THE_SENDER', 'Only the sender can edit a message');
  // A repeat whose first answer was lost succeeds, however late.
  if (message.text === text) return message;
  if (now.getTime() - message.createdAt.getTime() > windowSeconds * 1_000 || windowSeconds === 0)
    throw new AppError(
      'EDIT_WINDOW_CLOSED',
      windowSeconds === 0 ? 'Messages cannot be edited here' : `A message can be edited for ${windowSeconds} seconds`,
    );
  const edits = message.edits ?? 0;
  if (edits >= MAX_EDITS) throw new AppError('EDIT_LIMIT', `A message can be edited ${MAX_EDITS} times`);
  return { ...message, text, editedAt: now, edits: edits + 1 };
}

export interface ReviseOptions {
  now: Date;
  /** Age up to which a message can be edited; 0: editing is off. */
  windowSeconds: number;
}

/** The message after a change; the same object where it changes nothing. Throws what refuses it. */
export function revise(message: MessageDocument | undefined, change: BatchedChange, options: ReviseOptions): MessageDocument {
  if (message === undefined) throw notFound('Message');
  return change.kind === 'react' ? react(message, change) : edit(message, change, options);
}

/** The text that `after` replaced in `before`. */
export const replacedBy = (before: MessageDocument, after: MessageDocument): Replaced[] =>
  before.text === after.text && before.edits === after.edits
    ? []
    : [{ version: before.edits ?? 0, text: before.text, writtenAt: before.editedAt ?? before.createdAt }];
