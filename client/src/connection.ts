import type { clientEvents, ClientEventName, ServerToClientEvents } from '@linsta/contracts';
import { io, type Socket } from 'socket.io-client';
import type { z } from 'zod';
import { LinstaError } from './errors.js';
import { createStore } from './store.js';
import { backOffMs, toLinstaError, untilDone } from './timing.js';
import type { Tokens } from './tokens.js';
import type { ConnectionState, LinstaOptions, Store } from './types.js';

/** Codes of the server that mean "not now" rather than "no". */
const NOT_NOW = new Set(['UNAVAILABLE', 'RATE_LIMITED', 'OVERLOADED', 'INTERNAL', 'TOO_MANY_SOCKETS', 'TOO_MANY_REQUESTS']);

type Ack<E extends ClientEventName> = z.output<(typeof clientEvents)[E]['ack']>;
type Payload<E extends ClientEventName> = z.input<(typeof clientEvents)[E]['payload']>;
type Answer = { ok: true } | { ok: false; error: { code: string; message: string } };
export type ClientSocket = Socket<ServerToClientEvents, Record<string, (...args: unknown[]) => void>>;

export interface Connection {
  state: Store<ConnectionState>;
  socket: ClientSocket;
  online(): boolean;
  /** Sends one event and waits for its acknowledgement. Throws `LinstaError`; never waits while there is no connection. */
  ask<E extends ClientEventName>(event: E, payload?: Payload<E>): Promise<Ack<E>>;
  /** Until it is done, while this very connection lasts; what must be so on every connection begins anew at the next connect. */
  insist(work: () => Promise<unknown>): void;
  /** Runs at every connect, the first included. */
  onOnline(listener: () => void): void;
  /** Tries at once instead of waiting for the next turn: the device says that it has a network again. */
  hurry(): void;
  setWaiting(waiting: number): void;
  renewed(token: string): void;
  open(): void;
  /** Cuts the network for this client, or lets it back. */
  cut(off: boolean): void;
  isCut(): boolean;
  close(): void;
}

/** The life of one socket: connects, comes back by itself, renews a refused token once, and says plainly how it stands. */
export function createConnection(options: {
  url: string;
  tokens: Tokens;
  transports: LinstaOptions['transports'];
  deadlineMs: number;
}): Connection {
  const { tokens, deadlineMs } = options;
  const state = createStore<ConnectionState>({ status: 'connecting', waiting: 0 });
  const setStatus = (status: ConnectionState['status']) => {
    if (state.get().status !== status) state.set({ ...state.get(), status });
  };
  let wanted = false;
  let closed = false;
  let cut = false;
  let forced = false;
  let refusals = 0;
  let again: ReturnType<typeof setTimeout> | undefined;
  const listeners: (() => void)[] = [];

  const socket: ClientSocket = io(options.url, {
    autoConnect: false,
    forceNew: true,
    ...(options.transports !== undefined && { transports: options.transports }),
    // Whichever transport works: a proxy that breaks one of them is no reason to stay offline.
    tryAllTransports: true,
    reconnectionDelay: 300,
    reconnectionDelayMax: 8_000,
    timeout: deadlineMs,
    auth: (give) => {
      void tokens
        .get()
        .then(
          (token) => give({ token }),
          // The server refuses it in its own words; see `connect_error`.
          () => give({}),
        )
        .then(expectWelcome);
    },
  });

  /**
   * Begins anew and leaves the old connection to its fate. Closing it would be the polite way, but Socket.IO first waits until all is sent, which on a connection that
   * is only half there never comes.
   */
  const connectAnew = () => {
    if (!wanted || closed || cut) return;
    socket.disconnect();
    socket.connect();
  };
  let welcome: ReturnType<typeof setTimeout> | undefined;
  /** Socket.IO waits for the server's welcome without an end. */
  const expectWelcome = () => {
    clearTimeout(welcome);
    welcome = setTimeout(
      () => {
        if (socket.connected || !wanted || closed || cut) return;
        socket.disconnect();
        setStatus('offline');
        connectIn(backOffMs((refusals += 1)));
      },
      // A server that is only slow gets longer each time.
      deadlineMs * Math.min(4, 1 + refusals),
    );
    (welcome as { unref?: () => void }).unref?.();
  };

  const connectIn = (ms: number) => {
    clearTimeout(again);
    again = setTimeout(() => wanted && !closed && !cut && !socket.connected && socket.connect(), ms);
  };
  /** The server will not have this token: a fresh one, once; if that is refused too, the session is over. */
  const renew = async () => {
    if (forced) return setStatus('refused');
    forced = true;
    try {
      await tokens.get(true);
      connectIn(0);
    } catch (error) {
      const { status, retryable } = toLinstaError(error);
      if (status === 401 || !retryable) return setStatus('refused');
      forced = false;
      connectIn(backOffMs((refusals += 1)));
    }
  };

  socket.on('connect', () => {
    forced = false;
    refusals = 0;
    setStatus('online');
    for (const listener of listeners) listener();
  });
  socket.on('disconnect', (reason) => {
    if (closed) return;
    setStatus('offline');
    // Signed out, or the token ran out: Socket.IO leaves it to us whether to come back.
    if (reason === 'io server disconnect') void renew();
  });
  socket.on('connect_error', (error: Error & { data?: { code?: string } }) => {
    if (closed) return;
    setStatus('offline');
    const code = error.data?.code;
    if (code === 'INVALID_TOKEN' || code === 'NO_TOKEN') void renew();
    else if (!socket.active) connectIn(backOffMs((refusals += 1)));
  });

  return {
    state,
    socket,
    online: () => socket.connected,
    onOnline: (listener) => void listeners.push(listener),
    insist(work) {
      const { id } = socket;
      void untilDone(work, () => socket.connected && socket.id === id);
    },
    async ask(event, payload) {
      if (!socket.connected) throw new LinstaError(closed ? 'CLOSED' : 'NETWORK', 'There is no connection just now');
      let answer: Answer;
      try {
        answer = (await socket.timeout(deadlineMs).emitWithAck(event, payload)) as Answer;
      } catch {
        // An answer this late means a connection that is only half there: a new one heals sooner than waiting for the heartbeat.
        if (socket.connected) connectAnew();
        throw new LinstaError('TIMEOUT', 'The server did not answer in time');
      }
      if (!answer.ok) throw new LinstaError(answer.error.code, answer.error.message, { retryable: NOT_NOW.has(answer.error.code) });
      return answer as Ack<typeof event>;
    },
    hurry() {
      if (state.get().status === 'offline') connectAnew();
    },
    setWaiting(waiting) {
      if (state.get().waiting !== waiting) state.set({ ...state.get(), waiting });
    },
    renewed(token) {
      if (socket.connected) socket.emit('refresh_token', { token }, () => undefined);
    },
    open() {
      if (wanted || closed) return;
      wanted = true;
      if (!cut) socket.connect();
    },
    cut(off) {
      if (cut === off || closed) return;
      cut = off;
      if (off) {
        // The transport alone: to the server and to this client alike it looks like a cable pulled.
        socket.disconnect();
        setStatus('offline');
      } else if (wanted) {
        setStatus('connecting');
        socket.connect();
      }
    },
    isCut: () => cut,
    close() {
      closed = true;
      clearTimeout(again);
      clearTimeout(welcome);
      socket.disconnect();
      setStatus('closed');
    },
  };
}
