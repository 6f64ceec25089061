import type { ServerToClientEvents } from '@linsta/contracts';
import type { Identity } from '@linsta/http';
import type { Server, Socket } from 'socket.io';

export interface SocketData {
  identity: Identity;
  /** Users whose presence this socket watches. */
  watching?: Set<string>;
}
type Untyped = Record<string, (...args: never[]) => void>;
// Nothing is assumed about the types of client events: the contract's schemas parse them.
export type RealtimeServer = Server<Untyped, ServerToClientEvents, Untyped, SocketData>;
export type RealtimeSocket = Socket<Untyped, ServerToClientEvents, Untyped, SocketData>;
