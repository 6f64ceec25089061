import type { Person, ReceivedMessage, Room } from '@linsta/contracts';
import type { Store } from '../core/store.js';
import type { LinstaError } from '../errors.js';

export interface RoomView extends Room {
  /** The other participant; undefined in a room without one. */
  other: Person | undefined;
}
export type RoomsState = {
  /** Latest activity first. */
  rooms: RoomView[];
  /** Unread messages over all rooms, those beyond the list too. */
  unread: number;
  hasMore: boolean;
} & ({ status: 'loading' | 'ready'; error?: undefined } | { status: 'failed'; error: LinstaError });

export interface Rooms extends Store<RoomsState> {
  /** Answers the id of the room with this person; the first call creates it. */
  open(otherUserId: string): Promise<string>;
  loadMore(): Promise<void>;
  retry(): Promise<void>;
}

export interface MessageInfo {
  /** Sent by this user, maybe on another device. */
  own: boolean;
  /** It came after a reconnect, not live. */
  missed: boolean;
}
/** Receives each message of every room once, e.g. for a toast or a sound. */
export type MessageListener = (message: ReceivedMessage, info: MessageInfo) => void;
