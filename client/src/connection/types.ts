import type { clientEvents, ClientEventName, ServerToClientEvents } from '@linsta/contracts';
import type { Socket } from 'socket.io-client';
import type { z } from 'zod';
import type { WritableStore } from '../core/store.js';
import type { LinstaError } from '../errors.js';

/** `waiting`: messages in the outbox that are on their way, over all rooms. */
export type ConnectionState = { waiting: number } & (
  | { status: 'connecting' | 'online' | 'closed'; error?: undefined }
  /** The client reconnects by itself; `error` says why the last attempt failed. */
  | { status: 'offline'; error?: LinstaError }
  /** The token is no longer accepted: sign in again, then `reconnect()`. */
  | { status: 'refused'; error: LinstaError }
);

/** Events of the server, with those that newer servers add. */
export type LiveEvents = ServerToClientEvents & {
  notification_removed: (payload: { id: string; unread: number }) => void;
};
export type LiveEventName = keyof LiveEvents;
export type LiveEventListener<E extends LiveEventName> = LiveEvents[E];

export type Ack<E extends ClientEventName> = z.output<(typeof clientEvents)[E]['ack']>;
export type Payload<E extends ClientEventName> = z.input<(typeof clientEvents)[E]['payload']>;
export type ClientSocket = Socket<LiveEvents, Record<string, (...args: unknown[]) => void>>;

export interface Connection {
  state: WritableStore<ConnectionState>;
  socket: ClientSocket;
  online(): boolean;
  /**
   * Sends one event and resolves with its acknowledgement. Throws `LinstaError`, at once while
   * there is no connection.
   */
  request<E extends ClientEventName>(event: E, payload?: Payload<E>): Promise<Ack<E>>;
  /** Repeats `work` until it succeeds or this connection ends; the next connect starts it anew. */
  retryWhileConnected(work: () => Promise<unknown>): void;
  /** Runs at every connect, the first included. */
  onOnline(listener: () => void): void;
  /**
   * Connects at once instead of at the next scheduled attempt, e.g. when the device has a network
   * again.
   */
  connectNow(): void;
  /** Drops the connection and connects anew, after a refusal too. */
  reconnect(): void;
  setWaiting(waiting: number): void;
  /** Hands a renewed token to the open socket. */
  pushToken(token: string): void;
  open(): void;
  /** Cuts the network for this client, or restores it. */
  cut(off: boolean): void;
  isCut(): boolean;
  /** `open` starts it again. */
  close(): void;
}
