import type { LinstaError } from './errors.js';
import type { HistoryMessage, Notification, Person, Presence, ReceivedMessage, Room, RouteKey, routes } from '@linsta/contracts';
import type { z } from 'zod';

/** A value that changes and can be watched; `get` answers the same object until something changed, as React's `useSyncExternalStore` wants it. */
export interface Store<T> {
  get(): T;
  /** Answers a function that stops the watching. */
  subscribe(listener: () => void): () => void;
}

type Routes = typeof routes;
type Part<K extends RouteKey, P extends 'params' | 'query' | 'body'> =
  Routes[K] extends Record<P, infer S extends z.ZodType> ? { [Q in P]: P extends 'query' ? QueryOf<S> : z.input<S> } : { [Q in P]?: never };
/** Query fields travel as text, but are given as what they are. */
type QueryOf<S extends z.ZodType> = { [F in keyof z.input<S>]?: string | number | boolean | undefined };
type Optional<T> = { [F in keyof T as undefined extends T[F] ? F : never]?: T[F] } & {
  [F in keyof T as undefined extends T[F] ? never : F]: T[F];
};
export type CallInput<K extends RouteKey> = Optional<Part<K, 'params'>> &
  Partial<Part<K, 'query'>> &
  Optional<Part<K, 'body'>> & { signal?: AbortSignal };
export type CallAnswer<K extends RouteKey> = Routes[K] extends { answer: infer S extends z.ZodType } ? z.output<S> : undefined;
/** One typed function for every REST call of the contract: `call('POST /api/posts/:id/like', { params: { id } })`. Throws `LinstaError`. */
export type Call = <K extends RouteKey>(
  route: K,
  ...input: Record<never, never> extends CallInput<K> ? [input?: CallInput<K>] : [input: CallInput<K>]
) => Promise<CallAnswer<K>>;

export interface ConnectionState {
  /** `refused`: the token is not taken any more; signing in again is the only way on. */
  status: 'connecting' | 'online' | 'offline' | 'refused' | 'closed';
  /** Messages that wait in the outbox, over all rooms. */
  waiting: number;
}

export interface RoomsState {
  /** `loading` until the first answer; `failed` says why there is none yet. */
  status: 'loading' | 'ready' | 'failed';
  error?: LinstaError;
  /** Latest activity first. */
  rooms: RoomView[];
  /** Unread messages over all rooms. */
  unread: number;
  hasMore: boolean;
}
export interface RoomView extends Room {
  /** The other participant; undefined in a room with nobody else. */
  other: Person | undefined;
}
export interface Rooms extends Store<RoomsState> {
  /** The id of the room with this person, made when first asked for. */
  open(otherUserId: string): Promise<string>;
  loadMore(): Promise<void>;
  retry(): Promise<void>;
}

/** What a room shows: stored messages in `seq` order, then what is on its way, in the order in which it was typed. */
export interface MessageView {
  /** Steady while a message goes from sending to sent: the `clientMessageId` of own messages, else the `_id`. */
  key: string;
  status: 'sending' | 'sent' | 'failed';
  chatRoomId: string;
  senderId: string;
  senderName: string;
  text: string;
  createdAt: string;
  /** Only where stored. */
  _id?: string;
  seq?: number;
  clientMessageId?: string;
  /** Why it failed, as a sentence for people, and the stable code. */
  error?: { code: string; message: string };
}
export interface MessagesState {
  status: 'loading' | 'ready' | 'failed';
  error?: LinstaError;
  messages: MessageView[];
  /** Older ones are stored than are held here. */
  hasOlder: boolean;
  loadingOlder: boolean;
  lastSeq: number;
  readSeq: number;
  othersReadSeq: number;
}
export interface Messages extends Store<MessagesState> {
  /** Shown at once, kept until acknowledged. Answers its key. Throws `LinstaError` for a text that can never be sent. */
  send(text: string): string;
  /** Sends a failed message again under the same identity. */
  retry(key: string): void;
  /** Throws a failed message away. */
  discard(key: string): void;
  loadOlder(): Promise<void>;
  /** Raises the read watermark, to the newest message held unless a `seq` is given. */
  markRead(seq?: number): Promise<void>;
  /** Tries the first load again. */
  reload(): Promise<void>;
}

export interface NotificationsState {
  status: 'loading' | 'ready' | 'failed';
  error?: LinstaError;
  /** Newest first. */
  notifications: Notification[];
  /** The bell's number: absolute, as the server says it. */
  unread: number;
  hasMore: boolean;
}
export interface Notifications extends Store<NotificationsState> {
  markRead(id: string): Promise<void>;
  markAllRead(): Promise<void>;
  loadMore(): Promise<void>;
  retry(): Promise<void>;
  /** Called for each notification that arrives live, e.g. for a toast. Answers a function that stops it. */
  onArrival(listener: (notification: Notification) => void): () => void;
}

/** By user id; nobody is in it before the server said so. */
export type PresenceState = Readonly<Record<string, Presence>>;

/** Where unsent messages live across reloads. Every method may be called by several tabs at once. */
export interface OutboxStorage {
  load(userId: string): Promise<OutboxEntry[]>;
  put(entry: OutboxEntry): Promise<void>;
  remove(userId: string, clientMessageId: string): Promise<void>;
  close?(): void;
}
export interface OutboxEntry {
  userId: string;
  clientMessageId: string;
  chatRoomId: string;
  text: string;
  createdAt: string;
  /** Orders what one person typed, also over several tabs. */
  position: number;
  error?: { code: string; message: string };
}

export interface LinstaOptions {
  /** The gateway, e.g. `https://api.example.com`; in a browser the page's own origin unless given. */
  url?: string;
  /** Either a token ... */
  token?: string;
  /** ... or where to get one. Called before the old one expires and after it was refused (`force`). */
  getToken?: (options: { force: boolean }) => Promise<string> | string;
  /** Whose token it is; needed only to show what waits in the outbox before a first token was had. */
  userId?: string;
  /** IndexedDB where there is one, else memory. */
  outbox?: OutboxStorage;
  /** Socket.IO transports; both by default. */
  transports?: ('websocket' | 'polling')[];
  /** Heads are compared again this often. 60,000 ms. */
  compareEveryMs?: number;
  /** An answer that takes longer than this counts as none. 10,000 ms. */
  deadlineMs?: number;
}

export interface Linsta {
  readonly userId: string;
  readonly call: Call;
  readonly connection: Store<ConnectionState>;
  readonly rooms: Rooms;
  readonly notifications: Notifications;
  messages(chatRoomId: string): Messages;
  /** Watches these people for as long as somebody is subscribed. */
  presence(userIds: readonly string[]): Store<PresenceState>;
  /** Opens the connection; it then keeps itself open. Safe to call twice. */
  connect(): void;
  /** Cuts the network for this client alone, and lets it back: for demonstrations, tests, and a switch that saves data. */
  goOffline(): void;
  goOnline(): void;
  /** Closes everything and forgets what it holds; unsent messages stay in the outbox. */
  close(): void;
}

export interface SessionState {
  status: 'signed-out' | 'signed-in';
  user?: { _id: string; name: string; email: string; avatarUrl: string | null };
}
/** Accounts of Linsta's own users service: signs in and out, keeps tokens fresh, and makes all tabs of a browser agree. */
export interface Session extends Store<SessionState> {
  register(input: { name: string; email: string; password: string }): Promise<void>;
  login(input: { email: string; password: string }): Promise<void>;
  /** Ends the session on the server and in the other tabs. */
  logout(): Promise<void>;
  /** For `createLinsta`. Rotates the refresh token once, however many tabs ask. */
  getToken(options?: { force?: boolean }): Promise<string>;
  updateProfile(patch: { name?: string; avatarUrl?: string | null }): Promise<void>;
  close(): void;
}
export interface SessionOptions {
  url?: string;
  /** Where the session is kept, e.g. `localStorage` (the browser's default) or `sessionStorage`; `memory` keeps it nowhere. */
  storage?: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> | 'memory';
  /** Distinguishes several sessions on one page. */
  name?: string;
}

export type { HistoryMessage, Notification, Person, Presence, ReceivedMessage, Room };
