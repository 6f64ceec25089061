import type { Transport } from './connection/connection.js';
import type { ConnectionState, LiveEventListener, LiveEventName } from './connection/types.js';
import type { NetworkOptions } from './core/settings.js';
import type { Store } from './core/store.js';
import type { Call } from './http/types.js';
import type { Messages } from './messages/types.js';
import type { Notifications } from './notifications/types.js';
import type { OutboxStorage } from './outbox/types.js';
import type { PresenceState } from './presence/presence.js';
import type { MessageListener, Rooms } from './rooms/types.js';
import type { RoomTyping } from './typing/typing.js';

export interface LinstaOptions extends NetworkOptions {
  /** Either a token ... */
  token?: string;
  /**
   * ... or a source of tokens. Called before the current one expires, and with `force` after it was
   * refused.
   */
  getToken?: (options: { force: boolean }) => Promise<string> | string;
  /**
   * Whose token it is: shows the outbox before the first token is there. Otherwise read from the
   * token or the server.
   */
  userId?: string;
  /** IndexedDB where there is one, else memory. */
  outbox?: OutboxStorage;
  /** Tried in this order; polling and WebSocket unless given. */
  transports?: Transport[];
  /** Path of Socket.IO; `/socket.io` below the base path of `url` unless given. */
  path?: string;
  /** Everything that the server pushes is compared with the server this often. 60,000 ms. */
  resyncEveryMs?: number;
}

export interface Linsta {
  /** Empty until the client knows whose token it has. */
  readonly userId: string;
  readonly call: Call;
  readonly connection: Store<ConnectionState>;
  readonly rooms: Rooms;
  readonly notifications: Notifications;
  messages(chatRoomId: string): Messages;
  /** Watches these people while the store has listeners. */
  presence(userIds: readonly string[]): Store<PresenceState>;
  /** Who is typing in a room, and the way to say that this user is. */
  typing(chatRoomId: string): RoomTyping;
  /**
   * Every event of the server as it comes, e.g. `user_joined`. Answers a function that stops it.
   */
  on<E extends LiveEventName>(event: E, listener: LiveEventListener<E>): () => void;
  /** Each new message of every room, once. Answers a function that stops it. */
  onMessage(listener: MessageListener): () => void;
  /** Opens the connection, which then keeps itself open. Safe to call twice, and after `close`. */
  connect(): void;
  /** Drops the connection and connects anew, also after the token was refused. */
  reconnect(): void;
  /**
   * Cuts the network for this client alone and restores it: for demonstrations, tests and a data
   * saver.
   */
  goOffline(): void;
  goOnline(): void;
  /**
   * Ends the connection and all timers. Unsent messages stay in the outbox; `connect` starts again.
   */
  close(): void;
}
