import type { ServerToClientEvents } from '@linsta/contracts';
import { userRoom } from './rooms';
import type { RealtimeServer } from './server';

/** Sends one event to every device of these users, once per socket. */
export type Push = <E extends keyof ServerToClientEvents>(
  userIds: string[],
  event: E,
  ...payload: Parameters<ServerToClientEvents[E]>
) => void;

/**
 * On one node: encoded once for all. On several: one emit per user, since only a push to a single
 * room has a channel of its own; one to several rooms would go to every node. A socket is in one
 * user's room alone, so it gets one copy either way.
 */
export function createPush(io: RealtimeServer, { clustered }: { clustered: boolean }): Push {
  return (userIds, event, ...payload) => {
    const rooms = userIds.map(userRoom);
    for (const target of clustered ? rooms.map((room) => io.to(room)) : [io.to(rooms)]) target.emit(event, ...payload);
  };
}
