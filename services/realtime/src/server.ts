import type { ServerToClientEvents } from '@linsta/contracts';
import type { Identity } from '@linsta/http';
import type { Server, Socket } from 'socket.io';

export interface SocketData {
  identity: Identity;
  /** Token bucket of this socket's events. */
  allowance: number;
  allowanceAt: number;
  /** Whom this socket watches. */
  watching?: Set<string>;
}
type Untyped = Record<string, (...args: never[]) => void>;
// What clients send is not trusted to have any type: it is parsed by the contract's schemas.
export type RealtimeServer = Server<Untyped, ServerToClientEvents, Untyped, SocketData>;
export type RealtimeSocket = Socket<Untyped, ServerToClientEvents, Untyped, SocketData>;
