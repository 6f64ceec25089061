import type { BatchedChange, ChangeOutcome } from '@linsta/contracts/internal';
import { addTo, internalError, type AppError, type Logger } from '@linsta/core';
import type { UserDirectory } from '@linsta/mongo';
import { toReceivedMessage, type MessageDocument } from '../model';
import { createOutcomeQueue, failed } from '../outcomes';
import { refusalOf, type Participants } from '../rooms/participants';
import type { createRoomChange, RoomOutcome } from './change-room';

const ROOMS_AT_A_TIME = 16;

const isStored = (outcome: RoomOutcome): outcome is Exclude<RoomOutcome, AppError> => 'pushed' in outcome;
/**
 * Changes to stored messages: reactions and edits. All changes of this process pass one queue, so
 * that those that come together share their writes.
 */
export function createChanging(options: {
  changeRoom: ReturnType<typeof createRoomChange>;
  participants: Participants;
  directory: UserDirectory;
  /** Brings the new text of a room's last message into its summary. */
  onEdited: (message: MessageDocument) => Promise<void>;
  logger: Logger;
  maxWaiting: number;
}) {
  const { changeRoom, participants, directory, logger } = options;

  const changeBatch = async (batch: BatchedChange[]): Promise<ChangeOutcome[]> => {
    const members = await participants.of(batch.map(({ chatRoomId }) => chatRoomId));
    const outcomes = new Map<BatchedChange, RoomOutcome>();
    const rooms = new Map<string, BatchedChange[]>();
    for (const change of batch) {
      const refusal = refusalOf(members.get(change.chatRoomId), change.userId);
      if (refusal === undefined) addTo(rooms, change.chatRoomId, change);
      else outcomes.set(change, refusal);
    }
    const waiting = [...rooms];
    for (let at = 0; at < waiting.length; at += ROOMS_AT_A_TIME) {
      const found = await Promise.all(waiting.slice(at, at + ROOMS_AT_A_TIME).map(([roomId, changes]) => changeRoom(roomId, changes)));
      for (const ofRoom of found) for (const [change, outcome] of ofRoom) outcomes.set(change, outcome);
    }
    const stored = [...outcomes].filter((entry): entry is [BatchedChange, Exclude<RoomOutcome, AppError>] => isStored(entry[1]));
    await Promise.all(
      stored
        .filter(([{ kind }, { pushed }]) => kind === 'edit' && pushed)
        .map(([, { message }]) =>
          options.onEdited(message).catch((error: unknown) => logger.warn({ err: error }, 'room summary update failed')),
        ),
    );
    const names = await directory.names(stored.map(([, { message }]) => message.senderId.toHexString()));
    return batch.map((change): ChangeOutcome => {
      const outcome = outcomes.get(change) ?? internalError();
      if (!isStored(outcome)) return failed(outcome);
      const { message, pushed } = outcome;
      return { ok: true, message: toReceivedMessage(message, names), participants: members.get(change.chatRoomId) ?? [], pushed };
    });
  };

  return createOutcomeQueue<BatchedChange, ChangeOutcome>({
    name: 'change batch',
    send: changeBatch,
    maxWaiting: options.maxWaiting,
    logger,
  });
}
export type Changing = ReturnType<typeof createChanging>;
